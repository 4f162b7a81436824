#include "common/receipt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/merkle.h"
#include "common/need.h"
#include "common/proof.h"
#include "common/text.h"

/* A file, line by line. */
struct reader {
	const char *at, *end;
	const char *line;
	size_t len;
	unsigned n; /* of the line, from 1 */
};

static int
next(struct reader *r)
{
	r->n++;
	r->line = text_line(&r->at, r->end, &r->len);
	return (r->line != NULL);
}

/* What follows the word in the line; NULL: it has not that word. */
static const char *
after(const struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (r->len < len || memcmp(r->line, word, len) != 0)
		return (NULL);
	return (r->line + len);
}

static int
read_leaf(struct receipt *p, struct reader *r, char *err, size_t errlen)
{
	const char *base64;
	size_t len;
	int n = -1;

	if (!next(r) || (base64 = after(r, "extra ")) == NULL)
		return (text_why(err, errlen,
		    "it holds no record: line 2 does not begin with extra"));
	len = r->len - (size_t)(base64 - r->line);
	if ((p->leaf = malloc(len + 1)) != NULL)
		n = seal_unbase64(p->leaf, len, base64, len);
	if (n <= 0)
		return (text_why(
		    err, errlen, "the record in line 2 is not base64"));
	p->leaf_len = (size_t)n;
	return (0);
}

static int
read_index(struct receipt *p, struct reader *r, char *err, size_t errlen)
{
	const char *digits = next(r) ? after(r, "index ") : NULL;

	if (digits == NULL ||
	    note_number(
		digits, r->len - (size_t)(digits - r->line), &p->index) != 0)
		return (text_why(err, errlen, "line 3 is not the index"));
	return (0);
}

static int
read_path(struct receipt *p, struct reader *r, char *err, size_t errlen)
{
	while (next(r) && r->len > 0) {
		if (p->n == RECEIPT_PATH)
			return (text_why(err, errlen,
			    "its path has more than %d hashes", RECEIPT_PATH));
		if (seal_unbase64(p->path[p->n++], SEAL_HASH, r->line,
			r->len) != SEAL_HASH)
			return (text_why(err, errlen,
			    "line %u is not a hash of the path", r->n));
	}
	if (r->line == NULL)
		return (text_why(err, errlen, "it ends before the checkpoint"));
	return (0);
}

static int
read_note(struct receipt *p, struct reader *r, char *err, size_t errlen)
{
	char why[200];

	p->text = r->at;
	p->text_len = (size_t)(r->end - r->at);
	if (note_read(&p->note, p->text, p->text_len, why, sizeof(why)) == 0)
		return (0);
	return (text_why(err, errlen,
	    "in the checkpoint, which begins after line %u, %s", r->n, why));
}

int
receipt_read(
    struct receipt *p, const char *from, size_t len, char *err, size_t errlen)
{
	struct reader r = {.at = from, .end = from + len};
	const char *why = text_resaved(from, len);

	memset(p, 0, sizeof(*p));
	if (len > RECEIPT_SIZE)
		return (text_why(err, errlen, "it is too long"));
	if (why != NULL)
		return (text_why(err, errlen, "%s", why));
	if (!next(&r) || r.len + 1 != strlen(RECEIPT_HEAD) ||
	    memcmp(r.line, RECEIPT_HEAD, r.len) != 0)
		return (text_why(err, errlen,
		    "line 1 is not that of a receipt, %.*s",
		    (int)strlen(RECEIPT_HEAD) - 1, RECEIPT_HEAD));
	if (read_leaf(p, &r, err, errlen) == 0 &&
	    read_index(p, &r, err, errlen) == 0 &&
	    read_path(p, &r, err, errlen) == 0 &&
	    read_note(p, &r, err, errlen) == 0)
		return (0);
	receipt_clear(p);
	return (-1);
}

void
receipt_clear(struct receipt *p)
{
	free(p->leaf);
	memset(p, 0, sizeof(*p));
}

int
receipt_fits(const struct receipt *p)
{
	unsigned char hash[SEAL_HASH];

	merkle_leaf_hash(hash, p->leaf, (uint32_t)p->leaf_len);
	return (proof_includes(
	    hash, p->index, p->note.size, p->note.root, p->path, p->n));
}

char *
receipt_write(const void *leaf, size_t leaf_len, uint64_t index,
    const void *path, size_t n, const char *note)
{
	size_t size = strlen(RECEIPT_HEAD) + 64 + 4 * ((leaf_len + 2) / 3) +
	    n * PROOF_LINE + strlen(note);
	char *out = need(malloc(size)), *p = out;

	p += sprintf(p, "%sextra ", RECEIPT_HEAD);
	seal_base64(p, leaf, leaf_len);
	p += strlen(p);
	p += sprintf(p, "\nindex %" PRIu64 "\n", index);
	p = proof_lines(p, path, n);
	sprintf(p, "\n%s", note);
	return (out);
}
