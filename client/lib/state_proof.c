/* What is remembered of what the service has signed. */
#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/keyring.h"
#include "client/lib/plain.h"
#include "client/lib/service_dirs.h"
#include "client/lib/state_impl.h"
#include "common/receipt.h"
#include "common/record.h"
#include "common/seal.h"

#define BALLOT_FORMAT 1
#define READABLE      60 /* bytes of a receipt's name that people know */

static int
text_load(struct state *s, const char *name, char **out)
{
	long n;

	*out = NULL;
	n = state_read(s, name, out);
	return (n < 0 ? -1 : *out != NULL);
}

static int
text_store(struct state *s, const char *name, const char *text)
{
	return (state_keep(s, name, text, strlen(text)) < 0 ? -1 : 0);
}

/* ---- the last checkpoint ---- */

int
state_checkpoint(struct state *s, char **note)
{
	return (text_load(s, "checkpoint", note));
}

static int
checkpoint_swap(struct state *s, const char *before, const char *now)
{
	char *kept;
	int rc = state_checkpoint(s, &kept);

	if (rc < 0)
		return (-1);
	if (before == NULL ? kept == NULL
			   : kept != NULL && strcmp(before, kept) == 0)
		rc = text_store(s, "checkpoint", now);
	else
		rc = 1;
	free(kept);
	return (rc);
}

int
state_set_checkpoint(struct state *s, const char *before, const char *now)
{
	int rc, fd;

	if (s->dir < 0)
		return (0);
	fd = plain_open(s->dir, "checkpoint.lock", O_RDWR | O_CREAT);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		rc = state_fail_at(s, "checkpoint.lock");
	else
		rc = checkpoint_swap(s, before, now);
	if (fd >= 0)
		close(fd);
	return (rc);
}

int
state_note_evidence(
    struct state *s, const char *note, uint64_t size, char *path, size_t len)
{
	const struct seal_part part = {note, strlen(note)};
	unsigned char hash[SEAL_HASH];
	char name[80], hex[9];

	seal_hash(hash, &part, 1);
	seal_hex(hex, hash, 4);
	snprintf(name, sizeof(name), "evidence-checkpoint-%" PRIu64 "-%s", size,
	    hex);
	snprintf(path, len, "%s/%s", s->path, name);
	return (state_add(s, name, note));
}

/* ---- keys ---- */

int
state_keys(struct state *s, char **text)
{
	return (text_load(s, "keys", text));
}

int
state_set_keys(struct state *s, const char *text)
{
	return (text_store(s, "keys", text));
}

static void
asked_read(const char *text, uint64_t *size, uint64_t *epoch)
{
	uint64_t numbers[2];

	*size = *epoch = 0;
	if (text == NULL ||
	    sscanf(text, "%" SCNu64 " %" SCNu64, &numbers[0], &numbers[1]) != 2)
		return;
	*size = numbers[0];
	*epoch = numbers[1];
}

void
state_keys_asked(struct state *s, uint64_t *size, uint64_t *epoch)
{
	char *text;

	text_load(s, "keys-asked", &text);
	asked_read(text, size, epoch);
	free(text);
}

void
state_set_keys_asked(struct state *s, uint64_t size, uint64_t epoch)
{
	int fd = plain_open(s->dir, "keys-asked", O_WRONLY | O_CREAT);

	if (fd < 0)
		return;
	/* One width for all: rewritten in place, it is never half a line. */
	dprintf(fd, "%020" PRIu64 " %020" PRIu64 "\n", size, epoch);
	close(fd);
}

/* ---- of a service that is not asked ---- */

/* A file of what is remembered of that cluster, and its path. */
static int
file_of(const char *dir, const unsigned char cluster[16], const char *file,
    char **text, char *path, size_t size)
{
	char where[PATH_MAX], name[SERVICE_DIR_NAME];
	int base = service_dirs_open(dir, where, sizeof(where)), at = -1;
	long n = -1;

	*text = NULL;
	if (base >= 0 && service_dirs_by_cluster(base, cluster, name))
		at = plain_directory(base, name);
	if (at >= 0) {
		n = plain_read(at, file, KEYRING_SIZE, text);
		snprintf(path, size, "%s/%s/%s", where, name, file);
		close(at);
	}
	if (base >= 0)
		close(base);
	return (n > 0);
}

int
state_keys_of(const char *dir, const unsigned char cluster[16], char **text,
    uint64_t *asked, char *path, size_t size)
{
	char *line;
	uint64_t epoch;

	file_of(dir, cluster, "keys-asked", &line, path, size);
	asked_read(line, asked, &epoch);
	free(line);
	return (file_of(dir, cluster, "keys", text, path, size));
}

int
state_checkpoint_of(const char *dir, const unsigned char cluster[16],
    char **note, char *path, size_t size)
{
	return (file_of(dir, cluster, "checkpoint", note, path, size));
}

/* ---- a vote ---- */

/* What is the same for a voter and an election; the names may hold anything. */
static void
pair_hash(const char *voter, const char *election, char hex[33])
{
	const struct seal_part parts[] = {
	    {voter, strlen(voter) + 1}, {election, strlen(election)}};
	unsigned char hash[SEAL_HASH];

	seal_hash(hash, parts, 2);
	seal_hex(hex, hash, 16);
}

const char *
state_ballot_name(const char *voter, const char *election, char out[80])
{
	char hex[33];

	pair_hash(voter, election, hex);
	snprintf(out, 80, "%s.ballot", hex);
	return (out);
}

static bool_t
xdr_ballot(XDR *xdrs, struct ballot *b)
{
	u_int format = BALLOT_FORMAT;
	u_quad_t number = b->number;
	bool_t by_token = b->by_token != 0;

	if (!xdr_u_int(xdrs, &format) || format != BALLOT_FORMAT ||
	    !xdr_opaque(xdrs, b->client, sizeof(b->client)) ||
	    !xdr_u_quad_t(xdrs, &number) || !xdr_bool(xdrs, &by_token) ||
	    !xdr_opaque(xdrs, (char *)b->commitment, sizeof(b->commitment)) ||
	    !xdr_opaque(xdrs, (char *)b->salt, sizeof(b->salt)))
		return (FALSE);
	b->number = number;
	b->by_token = by_token;
	return (TRUE);
}

static int
ballot_load(struct state *s, const char *name, struct ballot *b)
{
	char *data = NULL;
	long n = state_read(s, name, &data);
	int rc = 1;

	memset(b, 0, sizeof(*b));
	if (n < 0 || data == NULL)
		return ((int)n);
	if (xdr_from_bytes((xdrproc_t)xdr_ballot, b, data, (size_t)n) != 0)
		rc = state_damaged(s, name);
	free(data);
	return (rc);
}

int
state_ballot(
    struct state *s, const char *voter, const char *election, struct ballot *b)
{
	char name[80];

	return (ballot_load(s, state_ballot_name(voter, election, name), b));
}

int
state_set_ballot(
    struct state *s, const char *voter, const char *election, struct ballot *b)
{
	unsigned char *data = NULL;
	long n = xdr_to_bytes((xdrproc_t)xdr_ballot, b, &data);
	char name[80];
	int rc = 0;

	if (s->dir >= 0 && n > 0)
		rc = state_replace(s, state_ballot_name(voter, election, name),
		    data, (size_t)n);
	free(data);
	return (rc);
}

/* ---- its receipt ---- */

/* "board-0123456789abcdef.tlog-proof": to be found, and of one vote only. */
static const char *
receipt_file(const char *voter, const char *election, char out[160])
{
	char hex[33], readable[READABLE + 1];
	size_t len = strlen(election);

	if (len > READABLE)
		len = READABLE;
	/* Not within a character. */
	while (len > 0 && ((unsigned char)election[len] & 0xc0) == 0x80)
		len--;
	memcpy(readable, election, len);
	readable[len] = '\0';
	for (char *c = readable; *c != '\0'; c++)
		if (strchr("/ .-\"'\\$`*?&|;<>()!~", *c) != NULL)
			*c = '_';
	pair_hash(voter, election, hex);
	snprintf(out, 160, "%s-%.16s.tlog-proof", readable, hex);
	return (out);
}

int
state_receipt(struct state *s, const char *voter, const char *election,
    char **text, char *path, size_t size)
{
	char name[160];

	snprintf(
	    path, size, "%s/%s", s->path, receipt_file(voter, election, name));
	return (text_load(s, name, text));
}

int
state_set_receipt(
    struct state *s, const char *voter, const char *election, const char *text)
{
	char name[160];

	receipt_file(voter, election, name);
	return (state_replace(s, name, text, strlen(text)));
}

/* ---- a vote without one ---- */

/* The file that is wanted by that rule, in `name`; 1, or 0: none is. */
static int
file_find(struct state *s,
    int (*wanted)(struct state *, const char *name, const void *arg),
    const void *arg, char name[NAME_MAX + 1])
{
	DIR *all = s->dir < 0 ? NULL : plain_names(s->dir);
	struct dirent *d;
	int found = 0;

	while (all != NULL && !found && (d = readdir(all)) != NULL) {
		found = wanted(s, d->d_name, arg);
		snprintf(name, NAME_MAX + 1, "%s", d->d_name);
	}
	if (all != NULL)
		closedir(all);
	return (found);
}

static int
is_ballot_of(struct state *s, const char *name, const void *arg)
{
	const struct kept *k = arg;
	struct ballot b;

	return (plain_ends(name, ".ballot") && ballot_load(s, name, &b) == 1 &&
	    memcmp(b.client, k->client, sizeof(b.client)) == 0 &&
	    b.number == k->number);
}

/* Of the ballot of that name, see receipt_file. */
static int
is_receipt_of(struct state *s, const char *name, const void *arg)
{
	char end[40];

	snprintf(end, sizeof(end), "-%.16s.tlog-proof", (const char *)arg);
	return (plain_ends(name, end) && state_has(s, name));
}

int
state_owes_receipt(struct state *s, const struct kept *k)
{
	char ballot[NAME_MAX + 1], receipt[NAME_MAX + 1];

	/* Nothing was asked for; other voters' files need not be read. */
	if (k->number == 0)
		return (0);
	return (file_find(s, is_ballot_of, k, ballot) &&
	    !file_find(s, is_receipt_of, ballot, receipt));
}
