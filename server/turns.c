#include "server/turns.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/need.h"

#define SOURCES 1024
/* Right signatures after which wrong ones are forgotten. */
#define DOUBT_MAX 8
#define SHARE	  8 /* one turn in so many goes to those in doubt first */

TAILQ_HEAD(waiting, turn);

/* The requests of a connection that wait, or one that has its turn. */
struct turn_line {
	UT_hash_handle hh;
	uint64_t conn;
	struct turn_source *source;
	struct waiting turns;
	int away;		     /* one has its turn */
	int gone;		     /* the connection is */
	TAILQ_ENTRY(turn_line) next; /* while it waits for its turn */
};
TAILQ_HEAD(turn_lines, turn_line);

/* An address, or a few. */
struct turn_source {
	struct turn_lines lines;
	struct waiting turns; /* of all its lines, oldest first */
	int doubt;	      /* wrong signatures, less the right ones since */
	struct turn_sources *round; /* in which it stands, or NULL */
	TAILQ_ENTRY(turn_source) next;
};
TAILQ_HEAD(turn_sources, turn_source);

enum { TRUSTED, DOUBTED, ROUNDS };

struct turns {
	uint64_t secret;
	size_t weight, max_weight;
	uint64_t n; /* turns so far */
	struct turn_line *by_conn;
	struct turn_sources rounds[ROUNDS];
	struct turn_source sources[SOURCES];
	uint32_t weights[SOURCES]; /* apart, to be looked through fast */
};

struct turns *
turns_new(uint64_t secret, size_t max_weight)
{
	struct turns *ts = need_zeroed(1, sizeof(*ts));

	ts->secret = secret;
	ts->max_weight = max_weight;
	for (int i = 0; i < ROUNDS; i++)
		TAILQ_INIT(&ts->rounds[i]);
	for (int i = 0; i < SOURCES; i++) {
		TAILQ_INIT(&ts->sources[i].lines);
		TAILQ_INIT(&ts->sources[i].turns);
	}
	return (ts);
}

void
turns_free(struct turns *ts)
{
	assert(ts == NULL || (ts->by_conn == NULL && ts->weight == 0));
	free(ts);
}

/* ---- sources ---- */

/* An IPv6 address counts by its network: a stranger has all of one. */
static uint64_t
address_bits(const struct sockaddr *from)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	uint64_t bits = 0;

	if (from->sa_family == AF_INET)
		memcpy(&bits, &in->sin_addr, sizeof(in->sin_addr));
	else if (from->sa_family == AF_INET6)
		memcpy(&bits, &in6->sin6_addr, sizeof(bits));
	return (bits);
}

/* The finalizer of splitmix64. */
static struct turn_source *
source_of(struct turns *ts, const struct sockaddr *from)
{
	uint64_t h = address_bits(from) ^ ts->secret;

	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ h >> 27) * 0x94d049bb133111ebULL;
	h ^= h >> 31;
	return (&ts->sources[h % SOURCES]);
}

/* Stands in a round exactly while one of its lines waits. */
static void
source_settle(struct turns *ts, struct turn_source *s)
{
	int waits = !TAILQ_EMPTY(&s->lines);

	if (waits && s->round == NULL) {
		s->round = &ts->rounds[s->doubt > 0 ? DOUBTED : TRUSTED];
		TAILQ_INSERT_TAIL(s->round, s, next);
	} else if (!waits && s->round != NULL) {
		TAILQ_REMOVE(s->round, s, next);
		s->round = NULL;
	}
}

static void
source_judge(struct turn_source *s, enum turn_end end)
{
	if (end == TURN_WRONG && s->doubt < DOUBT_MAX)
		s->doubt++;
	else if (end == TURN_RIGHT && s->doubt > 0)
		s->doubt--;
}

/* ---- lines ---- */

static struct turn_line *
line_find(const struct turns *ts, uint64_t conn)
{
	struct turn_line *l;

	HASH_FIND(hh, ts->by_conn, &conn, sizeof(conn), l);
	return (l);
}

static struct turn_line *
line_of(struct turns *ts, uint64_t conn, const struct sockaddr *from)
{
	struct turn_line *l = line_find(ts, conn);

	if (l != NULL)
		return (l);
	l = need_zeroed(1, sizeof(*l));
	l->conn = conn;
	l->source = source_of(ts, from);
	TAILQ_INIT(&l->turns);
	HASH_ADD(hh, ts->by_conn, conn, sizeof(l->conn), l);
	return (l);
}

/* Its last one has left it, or its first one has come. */
static void
line_settle(struct turns *ts, struct turn_line *l, int waited)
{
	int waits = !l->away && !TAILQ_EMPTY(&l->turns);

	if (waits && !waited)
		TAILQ_INSERT_TAIL(&l->source->lines, l, next);
	else if (!waits && waited)
		TAILQ_REMOVE(&l->source->lines, l, next);
	source_settle(ts, l->source);
	if (!l->away && TAILQ_EMPTY(&l->turns)) {
		HASH_DEL(ts->by_conn, l);
		free(l);
	}
}

/* Out of the books; the line has yet to be settled. */
static void
turn_remove(struct turns *ts, struct turn *t)
{
	struct turn_source *s = t->line->source;

	TAILQ_REMOVE(&t->line->turns, t, behind);
	TAILQ_REMOVE(&s->turns, t, later);
	ts->weights[s - ts->sources] -= t->weight;
	ts->weight -= t->weight;
}

static struct turn *
turn_leave(struct turns *ts, struct turn *t)
{
	struct turn_line *l = t->line;
	int waited = !l->away;

	turn_remove(ts, t);
	t->line = NULL;
	line_settle(ts, l, waited);
	return (t);
}

/* ---- turns ---- */

void
turns_add(struct turns *ts, struct turn *t, uint64_t conn,
    const struct sockaddr *from, size_t weight)
{
	struct turn_line *l = line_of(ts, conn, from);
	int waited = !l->away && !TAILQ_EMPTY(&l->turns);

	t->line = l;
	t->weight = (uint32_t)weight;
	TAILQ_INSERT_TAIL(&l->turns, t, behind);
	TAILQ_INSERT_TAIL(&l->source->turns, t, later);
	ts->weights[l->source - ts->sources] += t->weight;
	ts->weight += weight;
	line_settle(ts, l, waited);
}

int
turns_has_line(const struct turns *ts, uint64_t conn)
{
	return (line_find(ts, conn) != NULL);
}

struct turn *
turns_next(struct turns *ts)
{
	int first = ts->n++ % SHARE == 0 ? DOUBTED : TRUSTED;
	struct turn_source *s = TAILQ_FIRST(&ts->rounds[first]);
	struct turn *t;
	struct turn_line *l;

	if (s == NULL)
		s = TAILQ_FIRST(&ts->rounds[!first]);
	if (s == NULL)
		return (NULL);
	l = TAILQ_FIRST(&s->lines);
	t = TAILQ_FIRST(&l->turns);
	turn_remove(ts, t);
	/* The source goes to the end of its round, or of the other one. */
	TAILQ_REMOVE(s->round, s, next);
	s->round = NULL;
	l->away = 1;
	line_settle(ts, l, 1);
	return (t);
}

int
turns_done(struct turns *ts, struct turn *t, enum turn_end end)
{
	struct turn_line *l = t->line;
	int there = !l->gone;

	source_judge(l->source, end);
	t->line = NULL;
	l->away = 0;
	line_settle(ts, l, 0);
	return (there);
}

struct turn *
turns_excess(struct turns *ts)
{
	int most = 0;

	if (ts->weight <= ts->max_weight)
		return (NULL);
	for (int i = 1; i < SOURCES; i++)
		if (ts->weights[i] > ts->weights[most])
			most = i;
	return (turn_leave(ts, TAILQ_LAST(&ts->sources[most].turns, waiting)));
}

struct turn *
turns_leave(struct turns *ts, uint64_t conn)
{
	struct turn_line *l = line_find(ts, conn);

	if (l == NULL)
		return (NULL);
	l->gone = 1;
	if (TAILQ_EMPTY(&l->turns))
		return (NULL);
	return (turn_leave(ts, TAILQ_FIRST(&l->turns)));
}

struct turn *
turns_drain(struct turns *ts)
{
	assert(ts->by_conn == NULL || !ts->by_conn->away);
	return (ts->by_conn == NULL
		? NULL
		: turn_leave(ts, TAILQ_FIRST(&ts->by_conn->turns)));
}
