#include "server/store/wal.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD	   32
#define FRAME_HEAD 24
#define SUMMED	   8	       /* of a frame's header; then comes its page */
#define MAGIC	   0x377f0682u /* and one more: words are big-endian */
#define PAGE_OURS  4096	       /* SQLite's own choice */
#define PAGE_LEAST 512
#define PAGE_MOST  65536

struct sum {
	uint32_t a, b;
};

struct wal {
	FILE *file;
	int headless; /* the salts are those of the frame read last */
	int big;
	uint32_t page_size;
	unsigned char salts[8];
	unsigned char head[FRAME_HEAD];
	unsigned char page[PAGE_MOST];
};

static uint32_t
big_endian(const unsigned char *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

static uint32_t
word(const struct wal *w, const unsigned char *p)
{
	return (w->big ? big_endian(p)
		       : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
		    (uint32_t)p[1] << 8 | p[0]);
}

/* n is a multiple of 8. */
static struct sum
summed(const struct wal *w, struct sum s, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		s.a += word(w, p + i) + s.b;
		s.b += word(w, p + i + 4) + s.a;
	}
	return (s);
}

static struct sum
told(const unsigned char *p)
{
	return ((struct sum){big_endian(p), big_endian(p + 4)});
}

static int
same(struct sum x, struct sum y)
{
	return (x.a == y.a && x.b == y.b);
}

/* 1 with what the first frame's checksum follows; 0: it has no frames. */
static int
head_read(struct wal *w, struct sum *s)
{
	unsigned char h[HEAD];

	if (fread(h, 1, HEAD, w->file) != HEAD ||
	    (big_endian(h) & ~1u) != MAGIC)
		return (0);
	w->big = big_endian(h) & 1;
	w->page_size = big_endian(h + 8);
	memcpy(w->salts, h + 16, sizeof(w->salts));
	*s = summed(w, (struct sum){0, 0}, h, HEAD - 8);
	return (same(*s, told(h + 24)) && w->page_size >= PAGE_LEAST &&
	    w->page_size <= PAGE_MOST && w->page_size % 8 == 0);
}

/* What the header of a log of ours says, when it cannot be read. */
static void
head_guess(struct wal *w)
{
	rewind(w->file);
	(void)!fread(w->page, 1, HEAD, w->file);
	w->headless = 1;
	w->big = BYTE_ORDER == BIG_ENDIAN;
	w->page_size = PAGE_OURS;
}

/* The next one; 0: there is none. */
static int
frame_read(struct wal *w)
{
	return (fread(w->head, 1, FRAME_HEAD, w->file) == FRAME_HEAD &&
	    fread(w->page, 1, w->page_size, w->file) == w->page_size);
}

/* Whether it follows one with that checksum. */
static int
frame_follows(const struct wal *w, struct sum before)
{
	struct sum s = summed(w, before, w->head, SUMMED);

	return (memcmp(w->head + 8, w->salts, sizeof(w->salts)) == 0 &&
	    same(summed(w, s, w->page, w->page_size), told(w->head + 16)));
}

static int
frame_commits(const struct wal *w)
{
	return (big_endian(w->head + 4) != 0);
}

/*
 * How many transactions end in frames that follow one another, at most, behind
 * what was read last.  The first frame after one that is wrong may not be told
 * to follow it: it begins a chain, and counts in none.
 */
static uint64_t
commits_behind(struct wal *w)
{
	struct sum before = told(w->head + 16);
	uint64_t n = 0, most = 0;

	while (frame_read(w)) {
		if (frame_follows(w, before))
			n += frame_commits(w);
		else
			n = 0;
		if (n > most)
			most = n;
		if (w->headless)
			memcpy(w->salts, w->head + 8, sizeof(w->salts));
		before = told(w->head + 16);
	}
	return (most);
}

int
wal_damage(const char *path, uint64_t *frame, uint64_t *behind)
{
	FILE *file = fopen(path, "re");
	struct wal *w;
	struct sum s;

	*frame = *behind = 0;
	if (file == NULL)
		return (errno == ENOENT ? 0 : -1);
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		fclose(file);
		return (-1);
	}
	w->file = file;
	if (!head_read(w, &s)) {
		head_guess(w);
		*behind = commits_behind(w);
	} else
		while (frame_read(w)) {
			++*frame;
			if (!frame_follows(w, s)) {
				*behind = commits_behind(w);
				break;
			}
			s = told(w->head + 16);
		}
	fclose(w->file);
	free(w);
	return (*behind >= 2);
}

int
wal_look(const char *path, char why[WAL_WHY])
{
	uint64_t frame, behind;
	int rc = wal_damage(path, &frame, &behind);

	if (rc == -1)
		snprintf(why, WAL_WHY, "%s", strerror(errno));
	else if (rc == 1 && frame == 0)
		snprintf(why, WAL_WHY,
		    "its header is not what was written, and %" PRIu64
		    " transactions stand behind it",
		    behind);
	else if (rc == 1)
		snprintf(why, WAL_WHY,
		    "frame %" PRIu64 " is not what was written, and %" PRIu64
		    " transactions stand behind it",
		    frame, behind);
	return (rc);
}
