/* What is remembered of one voter: the request under way, and the token. */
#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/lib/plain.h"
#include "client/lib/state_impl.h"
#include "common/now.h"
#include "common/record.h"
#include "common/seal.h"

#define REQUEST_FORMAT 1
#define REQUEST_HEAD   28 /* bytes before the request itself */

/* A file of one voter; the name itself may hold anything. */
static const char *
voter_file(const char *voter, const char *suffix, char out[80])
{
	struct seal_part part = {voter, strlen(voter)};
	unsigned char hash[SEAL_HASH];
	char hex[33];

	seal_hash(hash, &part, 1);
	seal_hex(hex, hash, 16);
	snprintf(out, 80, "%s.%s", hex, suffix);
	return (out);
}

/* ---- the request ---- */

evote_request *
kept_request(struct kept *k)
{
	switch (k->kind) {
	case EVOTE_ACT_CREATE:
	case EVOTE_ACT_OPEN:
		return (&k->u.create.request);
	case EVOTE_ACT_VOTE:
		return (&k->u.vote.request);
	case EVOTE_ACT_BALLOT:
		return (&k->u.ballot.request);
	case EVOTE_ACT_EXTEND:
		return (&k->u.extend.request);
	case EVOTE_ACT_CANCEL:
		return (&k->u.cancel.request);
	default:
		return (NULL);
	}
}

const char *
kept_election(const struct kept *k)
{
	switch (k->kind) {
	case EVOTE_ACT_CREATE:
	case EVOTE_ACT_OPEN:
		return (k->u.create.terms.election.name);
	case EVOTE_ACT_VOTE:
		return (k->u.vote.election);
	case EVOTE_ACT_BALLOT:
		return (k->u.ballot.election);
	case EVOTE_ACT_EXTEND:
		return (k->u.extend.extension.election);
	case EVOTE_ACT_CANCEL:
		return (k->u.cancel.cancellation.election);
	default:
		return (NULL);
	}
}

int
kept_casts(const struct kept *k)
{
	return (k->kind == EVOTE_ACT_VOTE || k->kind == EVOTE_ACT_BALLOT);
}

uint64_t
kept_end(const struct kept *k)
{
	switch (k->kind) {
	case EVOTE_ACT_CREATE:
	case EVOTE_ACT_OPEN:
		return (k->u.create.terms.election.end);
	case EVOTE_ACT_EXTEND:
		return (k->u.extend.extension.end);
	default:
		return (0);
	}
}

static bool_t
xdr_head(XDR *xdrs, struct kept *k)
{
	u_int format = REQUEST_FORMAT;
	u_quad_t number = k->number;

	if (!xdr_u_int(xdrs, &format) || format != REQUEST_FORMAT ||
	    !xdr_opaque(xdrs, k->client, sizeof(k->client)) ||
	    !xdr_u_quad_t(xdrs, &number))
		return (FALSE);
	k->number = number;
	return (TRUE);
}

static bool_t
xdr_body(XDR *xdrs, struct kept *k)
{
	if (!xdr_int(xdrs, &k->kind))
		return (FALSE);
	switch (k->kind) {
	case EVOTE_ACT_CREATE: /* as evote_create_args */
		return (xdr_evote_request(xdrs, &k->u.create.request) &&
		    xdr_evote_election(xdrs, &k->u.create.terms.election));
	case EVOTE_ACT_OPEN:
		return (xdr_evote_terms_args(xdrs, &k->u.create));
	case EVOTE_ACT_VOTE:
		return (xdr_evote_vote_args(xdrs, &k->u.vote));
	case EVOTE_ACT_BALLOT:
		return (xdr_evote_ballot_args(xdrs, &k->u.ballot));
	case EVOTE_ACT_EXTEND:
		return (xdr_evote_extend_args(xdrs, &k->u.extend));
	case EVOTE_ACT_CANCEL:
		return (xdr_evote_cancel_args(xdrs, &k->u.cancel));
	default:
		return (FALSE);
	}
}

static bool_t
xdr_kept(XDR *xdrs, struct kept *k)
{
	return (xdr_head(xdrs, k) && xdr_body(xdrs, k));
}

void
kept_clear(struct kept *k)
{
	if (k->kind != 0)
		xdr_free((xdrproc_t)xdr_body, k);
	memset(&k->u, 0, sizeof(k->u));
	k->kind = 0;
}

static int
lock_open(struct state *s, const char *voter)
{
	char name[80];
	int fd = plain_open(
	    s->dir, voter_file(voter, "lock", name), O_RDWR | O_CREAT);

	return (fd >= 0 ? fd : state_fail_at(s, name));
}

int
state_lockable(struct state *s, const char *voter)
{
	int fd = lock_open(s, voter), rc = 0;

	if (fd < 0)
		return (-1);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno != EWOULDBLOCK)
		rc = state_fail_at(s, "");
	close(fd);
	return (rc);
}

int
state_lock(struct state *s, const char *voter, uint64_t deadline_ms)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000000};
	int fd = lock_open(s, voter);

	if (fd < 0)
		return (-1);
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (now_ms() >= deadline_ms) {
			close(fd);
			return (state_fail(s,
			    "another command of this voter is at work; run "
			    "this one again when it has ended"));
		}
		nanosleep(&pause, NULL);
	}
	return (fd);
}

void
state_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}

/* As state_load; 1: there is no such file. */
static int
request_load(struct state *s, const char *name, struct kept *k)
{
	char *data = NULL;
	xdrproc_t proc;
	long n;
	int rc;

	memset(k, 0, sizeof(*k));
	if ((n = state_read(s, name, &data)) < 0)
		return (-1);
	if (data == NULL)
		return (1);
	proc = (xdrproc_t)(n == REQUEST_HEAD ? xdr_head : xdr_kept);
	rc = xdr_from_bytes(proc, k, data, (size_t)n);
	free(data);
	if (rc == 0)
		return (0);
	memset(k, 0, sizeof(*k));
	return (state_damaged(s, name));
}

int
state_load(struct state *s, const char *voter, struct kept *k)
{
	char name[80];
	int rc = request_load(s, voter_file(voter, "request", name), k);

	if (rc != 1)
		return (rc);
	seal_random(k->client, sizeof(k->client));
	return (0);
}

static uint64_t
file_time(const struct state *s, const char *name)
{
	struct stat st;

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return (0);
	return ((uint64_t)st.st_mtim.tv_sec * 1000000 +
	    (uint64_t)st.st_mtim.tv_nsec / 1000);
}

uint64_t
state_since(struct state *s, const char *voter)
{
	char name[80];

	return (file_time(s, voter_file(voter, "request", name)));
}

int
state_each(struct state *s, void (*each)(void *, uint64_t, const struct kept *),
    void *arg)
{
	DIR *d = s->dir < 0 ? NULL : plain_names(s->dir);
	int n = 0, bad = 0, rc;
	struct dirent *entry;
	struct kept k;

	if (s->dir < 0)
		return (0);
	if (d == NULL)
		return (state_fail_at(s, ""));
	while ((entry = readdir(d)) != NULL) {
		if (!plain_ends(entry->d_name, ".request"))
			continue;
		rc = request_load(s, entry->d_name, &k);
		bad += rc < 0;
		if (rc != 0 || k.kind == 0)
			continue;
		each(arg, file_time(s, entry->d_name), &k);
		kept_clear(&k);
		n++;
	}
	closedir(d);
	return (bad > 0 ? -1 : n);
}

int
state_store(struct state *s, const char *voter, struct kept *k)
{
	unsigned char *data = NULL;
	char name[80];
	int rc;
	long n = xdr_to_bytes((xdrproc_t)xdr_kept, k, &data);

	if (s->blind[0] != '\0' && n >= 0) {
		free(data);
		return (state_fail(s, "%s", s->blind));
	}
	if (n < 0)
		return (
		    state_fail(s, "the request breaks a limit of the service"));
	rc = state_replace(
	    s, voter_file(voter, "request", name), data, (size_t)n);
	free(data);
	return (rc);
}

/*
 * The head alone says that nothing is outstanding.  Cutting the rest off is
 * one step, and if a power cut undoes it the request is merely sent again.
 */
int
state_settle(struct state *s, const char *voter)
{
	char name[80];
	int rc,
	    fd = plain_open(
		s->dir, voter_file(voter, "request", name), O_WRONLY);

	rc = fd < 0 ? -1 : ftruncate(fd, REQUEST_HEAD);
	if (rc != 0)
		state_fail_at(s, name);
	if (fd >= 0)
		close(fd);
	return (rc);
}

/* ---- log-ins ---- */

#define OLDER_MAX 8

/* "EXPIRES BASE64"; 1, or 0: it is none. */
static int
token_parse(const char *line, struct token *t)
{
	int n = -1, at = 0;

	if (sscanf(line, "%" SCNu64 " %n", &t->expires, &at) == 1 && at > 0)
		n = seal_unbase64(
		    t->bytes, EVOTE_TOKEN_MAX, line + at, strlen(line + at));
	t->len = n > 0 ? (uint32_t)n : 0;
	return (n > 0);
}

#define TOKEN_LINE (4 * ((EVOTE_TOKEN_MAX + 2) / 3) + 32)

static int
token_text(const struct token *t, char out[TOKEN_LINE])
{
	char base64[TOKEN_LINE - 31];

	seal_base64(base64, t->bytes, t->len);
	return (
	    snprintf(out, TOKEN_LINE, "%" PRIu64 " %s", t->expires, base64));
}

/* What a file has of them, at most n; how many. */
static int
tokens_read(struct state *s, const char *voter, const char *suffix,
    struct token *list, int n)
{
	char name[80], *text = NULL, *line, *rest;
	int found = 0;

	if (state_read(s, voter_file(voter, suffix, name), &text) < 0 ||
	    text == NULL)
		return (0);
	for (line = strtok_r(text, "\n", &rest); line != NULL && found < n;
	     line = strtok_r(NULL, "\n", &rest))
		found += token_parse(line, &list[found]);
	free(text);
	return (found);
}

int
state_token(struct state *s, const char *voter, struct token *t)
{
	return (tokens_read(s, voter, "token", t, 1));
}

int
state_token_before(struct state *s, const char *voter, uint64_t now,
    uint64_t until, struct token *best)
{
	struct token list[OLDER_MAX + 1];
	int n = tokens_read(s, voter, "token", list, 1), found = 0;

	n += tokens_read(s, voter, "tokens", list + n, OLDER_MAX);
	for (int i = 0; i < n; i++)
		if (list[i].expires > now && list[i].expires < until &&
		    (!found || list[i].expires > best->expires)) {
			*best = list[i];
			found = 1;
		}
	return (found);
}

/*
 * Of too many, the one goes that was issued soonest after the one before it: as
 * long as both hold, that one serves nearly as well.  list: the last one first.
 */
static int
token_dispensable(const struct token *list, int n)
{
	uint64_t gap, least = UINT64_MAX;
	int which = 0;

	for (int i = 0; i + 1 < n; i++) {
		gap = list[i].expires - list[i + 1].expires;
		if (gap < least) {
			least = gap;
			which = i;
		}
	}
	return (which);
}

/* Lets one that was the last be found among the older ones. */
static void
token_set_aside(
    struct state *s, const char *voter, uint64_t now, const struct token *was)
{
	struct token list[OLDER_MAX + 1];
	char name[80], text[(OLDER_MAX + 1) * TOKEN_LINE];
	int i, n, len = 0;

	list[0] = *was;
	n = 1 + tokens_read(s, voter, "tokens", list + 1, OLDER_MAX);
	while (n > 0 && list[n - 1].expires <= now)
		n--;
	if (n > OLDER_MAX) {
		i = token_dispensable(list, n--);
		memmove(
		    list + i, list + i + 1, (size_t)(n - i) * sizeof(*list));
	}
	for (i = 0; i < n; i++) {
		len += token_text(&list[i], text + len);
		text[len++] = '\n';
	}
	state_replace(s, voter_file(voter, "tokens", name), text, (size_t)len);
}

void
state_set_token(
    struct state *s, const char *voter, uint64_t now, const struct token *t)
{
	char name[80], text[TOKEN_LINE];
	struct token was;
	int n;

	if (state_token(s, voter, &was) && was.expires > now)
		token_set_aside(s, voter, now, &was);
	n = token_text(t, text);
	state_replace(s, voter_file(voter, "token", name), text, (size_t)n);
}

void
state_forget_tokens(struct state *s, const char *voter)
{
	char name[80];

	unlinkat(s->dir, voter_file(voter, "token", name), 0);
	unlinkat(s->dir, voter_file(voter, "tokens", name), 0);
}
