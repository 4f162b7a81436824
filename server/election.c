#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "election.h"
#include "seal.h"
#include "text.h"

/*
 * An operation is first judged, which changes nothing, and then applied, which
 * cannot fail and leaves behind what undoes it.  Executing makes the record in
 * between, replaying starts from one: both judge and apply with the same code.
 *
 * Memory that runs out ends the process: half a state is worse than none, and
 * the other host has a whole one.
 */

#define OPENING_DOMAIN "evote opening 1"

/* Refusals fill the ledger with nothing; a voter gets so many in a while. */
#define REFUSALS_MAX 30
#define REFUSALS_US  (3600ULL * 1000000)

/* Never forgotten, also when undone: the next record names it again. */
struct group {
	UT_hash_handle hh;
	uint32_t registered; /* voters on the roll */
	char name[];
};

/* What one of a voter's client ids asked last, and the answer. */
struct client {
	unsigned char id[16];
	uint64_t number;
	unsigned char act[SEAL_HASH];
	int32_t code;
	uint32_t reason;
};
static_assert(sizeof(struct client) == 64, "no padding: it is hashed as is");

/* When a voter's last refusals were recorded, a ring. */
struct refusals {
	uint64_t n; /* ever */
	uint64_t at[REFUSALS_MAX];
};

struct voter {
	UT_hash_handle hh;
	struct group *group;
	struct client *clients;	   /* least recently recorded first */
	struct refusals *refusals; /* NULL before the first */
	uint64_t floor;		   /* highest number of a forgotten client */
	unsigned char key[SEAL_KEY];
	uint32_t index; /* in the order of registration */
	uint8_t n_clients;
	uint8_t registered;
	char name[];
};

/* One election; `struct election` is all of them. */
struct poll {
	UT_hash_handle hh;
	evote_election about;
	struct group **groups;
	uint32_t index;	  /* in the order of creation */
	uint32_t creator; /* a voter's index */
	int closed;
	uint64_t *counts; /* by choice */
	uint64_t votes;
	uint64_t eligible;    /* once closed */
	unsigned char *voted; /* a bit for each voter, by index */
	uint32_t voted_len;   /* bytes; those beyond are 0 */
};

/* What client_put pushed aside. */
struct displaced {
	int place; /* -1: nothing */
	struct client client;
	uint64_t floor;
};

/* A voter registered again, as he stood before. */
struct revival {
	struct voter *voter;
	struct group *group;
	unsigned char key[SEAL_KEY];
};

/* What takes one record back. */
struct undo {
	struct undo *prev, *next;
	evote_op_kind kind;
	uint64_t epoch, time; /* of the record before */
	union {
		uint64_t forced_epoch; /* EPOCH */
		struct {	       /* REGISTER */
			uint32_t fresh;
			uint32_t revived;
			struct revival *revivals;
		} roll;
		struct voter *voter; /* UNREGISTER */
		struct poll *poll;   /* CLOSE */
		struct {	     /* CREATE, VOTE, REFUSED */
			struct voter *voter;
			struct displaced displaced;
			struct poll *poll;   /* VOTE */
			uint32_t choice;     /* VOTE */
			uint64_t refused_at; /* REFUSED: overwritten */
		} asked;
	} u;
};

struct election {
	struct group *groups; /* by name */
	struct voter *voters; /* by name */
	struct voter **roll;  /* by index */
	uint32_t n_roll;
	struct poll *polls; /* by name */
	struct poll **list; /* by index */
	uint32_t n_list;
	struct poll **open; /* the next to close is the last */
	uint32_t n_open;
	evote_genesis *genesis;
	uint64_t forced_epoch;
	uint64_t size;
	uint64_t epoch, time; /* of the last record */
	uint64_t settled;
	struct undo *undo; /* of the records since, oldest first */
};

/* What is to become of an operation; the pointers are into the state. */
struct verdict {
	int recorded;
	struct outcome out;
	struct voter *voter;  /* CREATE, VOTE, REFUSED: the asker */
	struct client client; /* and his entry in the client table */
	struct poll *poll;    /* VOTE, CLOSE */
	uint32_t choice;      /* VOTE */
	evote_voter *fresh;   /* REGISTER: whom to add, out.added of them */
};

static void *
need(void *p)
{
	if (p == NULL)
		abort();
	return (p);
}

/* The array with room for one more after n; capacities are powers of two. */
static void *
need_room(void *array, uint32_t n, size_t one)
{
	if ((n & (n - 1)) != 0)
		return (array);
	return (need(realloc(array, (n == 0 ? 1 : 2 * (size_t)n) * one)));
}

static evote_name *
names_copy(const evote_name *from, uint32_t n)
{
	evote_name *to = need(calloc(n + 1, sizeof(*to)));

	for (uint32_t i = 0; i < n; i++)
		to[i] = need(strdup(from[i]));
	return (to);
}

static int
names_valid(const evote_name *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!text_is_name(names[i], EVOTE_NAME_MAX))
			return (0);
	}
	return (1);
}

static int
names_repeat(const evote_name *names, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) == 0)
				return (1);
		}
	}
	return (0);
}

static void
about_copy(evote_election *to, const evote_election *from)
{
	to->name = need(strdup(from->name));
	to->groups.groups_len = from->groups.groups_len;
	to->groups.groups_val =
	    names_copy(from->groups.groups_val, from->groups.groups_len);
	to->choices.choices_len = from->choices.choices_len;
	to->choices.choices_val =
	    names_copy(from->choices.choices_val, from->choices.choices_len);
	to->end = from->end;
}

static struct group *
group_intern(struct election *e, const char *name)
{
	size_t len = strlen(name);
	struct group *g;

	HASH_FIND(hh, e->groups, name, len, g);
	if (g == NULL) {
		g = need(calloc(1, sizeof(*g) + len + 1));
		memcpy(g->name, name, len);
		HASH_ADD_KEYPTR(hh, e->groups, g->name, len, g);
	}
	return (g);
}

static struct voter *
voter_find(const struct election *e, const char *name)
{
	struct voter *v;

	HASH_FIND(hh, e->voters, name, strlen(name), v);
	return (v);
}

static struct voter *
voter_add(struct election *e, const char *name)
{
	size_t len = strlen(name);
	struct voter *v = need(calloc(1, sizeof(*v) + len + 1));

	memcpy(v->name, name, len);
	HASH_ADD_KEYPTR(hh, e->voters, v->name, len, v);
	e->roll = need_room(e->roll, e->n_roll, sizeof(*e->roll));
	v->index = e->n_roll;
	e->roll[e->n_roll++] = v;
	return (v);
}

static void
voter_free(struct voter *v)
{
	free(v->clients);
	free(v->refusals);
	free(v);
}

static int
voter_same(const struct voter *v, const evote_voter *w)
{
	return (strcmp(v->group->name, w->group) == 0 &&
	    memcmp(v->key, w->key, sizeof(v->key)) == 0);
}

static void
voter_enrol(struct voter *v, struct group *group, const void *key)
{
	v->group = group;
	memcpy(v->key, key, sizeof(v->key));
	v->registered = 1;
	group->registered++;
}

static void
voter_strike(struct voter *v)
{
	v->registered = 0;
	v->group->registered--;
}

static int
refusals_full(const struct voter *v, uint64_t time)
{
	const struct refusals *r = v->refusals;

	/* The slot to be used next holds the oldest. */
	return (r != NULL && r->n >= REFUSALS_MAX &&
	    time - r->at[r->n % REFUSALS_MAX] < REFUSALS_US);
}

/* Returns the time that is written over. */
static uint64_t
refusals_put(struct voter *v, uint64_t time)
{
	uint64_t *slot, old;

	if (v->refusals == NULL)
		v->refusals = need(calloc(1, sizeof(*v->refusals)));
	slot = &v->refusals->at[v->refusals->n++ % REFUSALS_MAX];
	old = *slot;
	*slot = time;
	return (old);
}

static void
refusals_take_back(struct voter *v, uint64_t old)
{
	v->refusals->at[--v->refusals->n % REFUSALS_MAX] = old;
}

static int
client_find(const struct voter *v, const unsigned char id[16])
{
	for (int i = 0; i < v->n_clients; i++) {
		if (memcmp(v->clients[i].id, id, 16) == 0)
			return (i);
	}
	return (-1);
}

/* Makes c the most recent entry; a table that is full forgets the oldest. */
static void
client_put(struct voter *v, const struct client *c, struct displaced *d)
{
	struct client *old;

	d->place = client_find(v, c->id);
	d->floor = v->floor;
	if (d->place < 0 && v->n_clients == EVOTE_CLIENTS_MAX) {
		d->place = 0;
		if (v->clients[0].number > v->floor)
			v->floor = v->clients[0].number;
	}
	if (d->place >= 0) {
		old = &v->clients[d->place];
		d->client = *old;
		v->n_clients--;
		memmove(old, old + 1, (v->n_clients - d->place) * sizeof(*old));
	}
	v->clients = need_room(v->clients, v->n_clients, sizeof(*v->clients));
	v->clients[v->n_clients++] = *c;
}

static void
client_take_back(struct voter *v, const struct displaced *d)
{
	struct client *old;

	v->n_clients--;
	v->floor = d->floor;
	if (d->place < 0)
		return;
	old = &v->clients[d->place];
	memmove(old + 1, old, (v->n_clients - d->place) * sizeof(*old));
	*old = d->client;
	v->n_clients++;
}

static struct poll *
poll_find(const struct election *e, const char *name)
{
	struct poll *p;

	HASH_FIND(hh, e->polls, name, strlen(name), p);
	return (p);
}

static int
poll_admits(const struct poll *p, const struct group *group)
{
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++) {
		if (p->groups[i] == group)
			return (1);
	}
	return (0);
}

static int
poll_has_voted(const struct poll *p, uint32_t index)
{
	return (index / 8 < p->voted_len &&
	    (p->voted[index / 8] >> index % 8 & 1) != 0);
}

static void
poll_set_voted(struct poll *p, uint32_t index)
{
	uint32_t len = index / 8 + 1;

	if (len > p->voted_len) {
		if (len < 2 * p->voted_len)
			len = 2 * p->voted_len;
		p->voted = need(realloc(p->voted, len));
		memset(p->voted + p->voted_len, 0, len - p->voted_len);
		p->voted_len = len;
	}
	p->voted[index / 8] |= 1 << index % 8;
}

/* The choice's place in the list, or the length of the list. */
static uint32_t
poll_choice(const struct poll *p, const char *choice)
{
	uint32_t i;

	for (i = 0; i < p->about.choices.choices_len; i++) {
		if (strcmp(p->about.choices.choices_val[i], choice) == 0)
			break;
	}
	return (i);
}

/* Who may vote now, and who has: as many steps as the poll has votes. */
static uint64_t
poll_eligible(const struct election *e, const struct poll *p)
{
	const struct voter *v;
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		n += p->groups[i]->registered;
	for (uint32_t i = 0; i < e->n_roll && i / 8 < p->voted_len; i++) {
		v = e->roll[i];
		if (poll_has_voted(p, i) &&
		    !(v->registered && poll_admits(p, v->group)))
			n++;
	}
	return (n);
}

/* Where p stands, or would, among the open polls, sorted by falling end. */
static uint32_t
open_place(const struct election *e, const struct poll *p)
{
	const struct poll *q;
	uint32_t low = 0, high = e->n_open, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		q = e->open[mid];
		if (q->about.end > p->about.end ||
		    (q->about.end == p->about.end && q->index > p->index))
			low = mid + 1;
		else
			high = mid;
	}
	return (low);
}

static void
open_add(struct election *e, struct poll *p)
{
	uint32_t i = open_place(e, p);

	e->open = need_room(e->open, e->n_open, sizeof(*e->open));
	memmove(
	    e->open + i + 1, e->open + i, (e->n_open - i) * sizeof(*e->open));
	e->open[i] = p;
	e->n_open++;
}

static void
open_remove(struct election *e, struct poll *p)
{
	uint32_t i = open_place(e, p);

	assert(i < e->n_open && e->open[i] == p);
	e->n_open--;
	memmove(
	    e->open + i, e->open + i + 1, (e->n_open - i) * sizeof(*e->open));
}

static void
poll_add(struct election *e, const evote_election *about, uint32_t creator)
{
	struct poll *p = need(calloc(1, sizeof(*p)));

	about_copy(&p->about, about);
	p->groups = need(calloc(about->groups.groups_len, sizeof(*p->groups)));
	for (uint32_t i = 0; i < about->groups.groups_len; i++)
		p->groups[i] = group_intern(e, about->groups.groups_val[i]);
	p->counts =
	    need(calloc(about->choices.choices_len, sizeof(*p->counts)));
	p->creator = creator;
	p->index = e->n_list;
	HASH_ADD_KEYPTR(hh, e->polls, p->about.name, strlen(p->about.name), p);
	e->list = need_room(e->list, e->n_list, sizeof(*e->list));
	e->list[e->n_list++] = p;
	open_add(e, p);
}

static void
poll_free(struct poll *p)
{
	xdr_free((xdrproc_t)xdr_evote_election, (char *)&p->about);
	free(p->groups);
	free(p->counts);
	free(p->voted);
	free(p);
}

static void
genesis_free(evote_genesis *g)
{
	if (g != NULL)
		xdr_free((xdrproc_t)xdr_evote_genesis, (char *)g);
	free(g);
}

static void
undo_free(struct undo *u)
{
	if (u->kind == EVOTE_OP_REGISTER)
		free(u->u.roll.revivals);
	free(u);
}

struct election *
election_new(void)
{
	return (need(calloc(1, sizeof(struct election))));
}

void
election_free(struct election *e)
{
	struct group *g, *next;

	if (e == NULL)
		return;
	election_settle(e, e->size);
	HASH_CLEAR(hh, e->voters);
	for (uint32_t i = 0; i < e->n_roll; i++)
		voter_free(e->roll[i]);
	HASH_CLEAR(hh, e->polls);
	for (uint32_t i = 0; i < e->n_list; i++)
		poll_free(e->list[i]);
	HASH_ITER (hh, e->groups, g, next) {
		HASH_DEL(e->groups, g);
		free(g);
	}
	genesis_free(e->genesis);
	free(e->roll);
	free(e->list);
	free(e->open);
	free(e);
}

/* An answer that leaves no trace. */
static void
verdict_answer(struct verdict *v, int code, evote_reason reason)
{
	v->recorded = 0;
	v->out = (struct outcome){.code = code, .reason = reason};
}

/* An answer that becomes a record: what was asked, or its refusal. */
static void
verdict_record(struct verdict *v, int code, evote_reason reason)
{
	verdict_answer(v, code, reason);
	v->recorded = 1;
}

struct seen {
	UT_hash_handle hh;
};

/* What is wrong with the entry itself, given the names of those before it. */
static evote_reason
entry_check(const evote_voter *w, struct seen **names, struct seen *own)
{
	size_t len = strlen(w->name);
	struct seen *found;

	if (!text_is_name(w->name, EVOTE_NAME_MAX) ||
	    !text_is_name(w->group, EVOTE_NAME_MAX))
		return (EVOTE_R_MALFORMED);
	HASH_FIND(hh, *names, w->name, len, found);
	if (found != NULL)
		return (EVOTE_R_DUPLICATE);
	HASH_ADD_KEYPTR(hh, *names, w->name, len, own);
	return (EVOTE_R_OK);
}

static void
judge_register(const struct election *e, const struct op *op, struct verdict *v)
{
	struct seen *names = NULL, seen[EVOTE_ROLL_MAX];
	evote_reason reason = EVOTE_R_OK;
	uint32_t added = 0, same = 0, i;
	const struct voter *known;

	if (op->n > EVOTE_ROLL_MAX) {
		verdict_answer(v, 2, EVOTE_R_MALFORMED);
		return;
	}
	v->fresh = need(calloc(op->n + 1, sizeof(*v->fresh)));
	for (i = 0; i < op->n; i++) {
		reason = entry_check(&op->voters[i], &names, &seen[i]);
		if (reason != EVOTE_R_OK)
			break;
		known = voter_find(e, op->voters[i].name);
		if (known == NULL || !known->registered) {
			v->fresh[added++] = op->voters[i];
		} else if (op->skip_same && voter_same(known, &op->voters[i])) {
			same++;
		} else {
			reason = EVOTE_R_VOTER_EXISTS;
			break;
		}
	}
	HASH_CLEAR(hh, names);
	if (reason != EVOTE_R_OK) {
		verdict_answer(
		    v, reason == EVOTE_R_VOTER_EXISTS ? 1 : 2, reason);
		v->out.where = i;
		return;
	}
	verdict_record(v, 0, EVOTE_R_OK);
	v->recorded = added > 0 && !op->only_check;
	v->out.added = added;
	v->out.same = same;
}

static void
judge_unregister(
    const struct election *e, const struct op *op, struct verdict *v)
{
	v->voter = voter_find(e, op->name);
	if (v->voter == NULL || !v->voter->registered)
		verdict_answer(v, 1, EVOTE_R_NO_VOTER);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

static void
judge_close(const struct election *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	v->poll = poll_find(e, op->name);
	if (v->poll == NULL)
		verdict_answer(v, 2, EVOTE_R_NO_ELECTION);
	else if (v->poll->closed)
		verdict_answer(v, 2, EVOTE_R_CLOSED);
	else if (v->poll->about.end > time)
		verdict_answer(v, 2, EVOTE_R_ONGOING);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

static void
judge_create(const struct election *e, const evote_election *about,
    uint64_t time, struct verdict *v)
{
	const evote_name *groups = about->groups.groups_val;
	const evote_name *choices = about->choices.choices_val;
	uint32_t n_groups = about->groups.groups_len;
	uint32_t n_choices = about->choices.choices_len;

	if (n_groups == 0)
		verdict_answer(v, 2, EVOTE_R_NO_GROUPS);
	else if (n_choices == 0)
		verdict_answer(v, 2, EVOTE_R_NO_CHOICES);
	else if (!names_valid(&about->name, 1) ||
	    !names_valid(groups, n_groups) || !names_valid(choices, n_choices))
		verdict_answer(v, 3, EVOTE_R_MALFORMED);
	else if (names_repeat(groups, n_groups) ||
	    names_repeat(choices, n_choices))
		verdict_answer(v, 3, EVOTE_R_DUPLICATE);
	else if (poll_find(e, about->name) != NULL)
		verdict_record(v, 3, EVOTE_R_NAME_TAKEN);
	else if (about->end <= time)
		verdict_record(v, 3, EVOTE_R_END_PAST);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

/* No state knows an ill-formed name: such a refusal need not be recorded. */
static void
verdict_unknown(
    struct verdict *v, int code, evote_reason reason, const char *name)
{
	if (text_is_name(name, EVOTE_NAME_MAX))
		verdict_record(v, code, reason);
	else
		verdict_answer(v, code, EVOTE_R_MALFORMED);
}

static void
judge_vote(const struct election *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	const char *name = op->act.evote_act_u.ballot.election;
	const struct poll *p = v->poll = poll_find(e, name);

	if (p == NULL) {
		verdict_unknown(v, 2, EVOTE_R_NO_ELECTION, name);
		return;
	}
	v->choice = poll_choice(p, op->opening.choice);
	if (p->closed || p->about.end <= time)
		verdict_record(v, 2, EVOTE_R_CLOSED);
	else if (!poll_admits(p, v->voter->group))
		verdict_record(v, 3, EVOTE_R_GROUP);
	else if (poll_has_voted(p, v->voter->index))
		verdict_record(v, 4, EVOTE_R_VOTED);
	else if (v->choice == p->about.choices.choices_len)
		verdict_unknown(v, 5, EVOTE_R_NO_CHOICE, op->opening.choice);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

/*
 * Names the asker and asks the client table.  1 when that answers: a request
 * of before, or one that comes too late.  other is the code of anything else.
 */
static int
judge_number(const struct election *e, const evote_asker *asker, int other,
    struct verdict *v)
{
	struct client *c = &v->client;
	const struct client *last;
	int i;

	v->voter = voter_find(e, asker->voter);
	if (v->voter == NULL) {
		/* Nobody can have vouched for him: this is as no request. */
		verdict_answer(v, 1, EVOTE_R_NO_VOTER);
		return (1);
	}
	memcpy(c->id, asker->client, sizeof(c->id));
	c->number = asker->number;
	i = client_find(v->voter, c->id);
	last = i < 0 ? NULL : &v->voter->clients[i];
	if (c->number > (last == NULL ? v->voter->floor : last->number))
		return (0);
	if (last == NULL || c->number < last->number)
		verdict_answer(v, other, EVOTE_R_NUMBER_STALE);
	else if (memcmp(c->act, last->act, sizeof(c->act)) != 0)
		verdict_answer(v, other, EVOTE_R_NUMBER_REUSED);
	else
		verdict_answer(v, last->code, last->reason);
	return (1);
}

static void
judge_asked(const struct election *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	int other = op->kind == EVOTE_OP_VOTE ? 5 : 3;

	if (xdr_hash((xdrproc_t)xdr_evote_act, &op->act, v->client.act) == -1) {
		verdict_answer(v, other, EVOTE_R_MALFORMED);
		return;
	}
	if (judge_number(e, &op->asker, other, v))
		return;
	if (op->standing != EVOTE_R_OK)
		verdict_record(v, 1, op->standing);
	else if (!v->voter->registered)
		verdict_record(v, 1, EVOTE_R_NO_VOTER);
	else if (op->kind == EVOTE_OP_VOTE)
		judge_vote(e, op, time, v);
	else
		judge_create(e, &op->act.evote_act_u.election, time, v);
	if (v->recorded && v->out.code != 0 && refusals_full(v->voter, time))
		verdict_answer(v, other, EVOTE_R_TOO_MANY);
}

static void
judge(const struct election *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	switch (op->kind) {
	case EVOTE_OP_GENESIS:
	case EVOTE_OP_EPOCH:
		verdict_record(v, 0, EVOTE_R_OK);
		break;
	case EVOTE_OP_REGISTER:
		judge_register(e, op, v);
		break;
	case EVOTE_OP_UNREGISTER:
		judge_unregister(e, op, v);
		break;
	case EVOTE_OP_CREATE:
	case EVOTE_OP_VOTE:
		judge_asked(e, op, time, v);
		break;
	case EVOTE_OP_CLOSE:
		judge_close(e, op, time, v);
		break;
	case EVOTE_OP_REFUSED:
		assert(!"a refusal is an outcome, nobody asks for it");
	}
}

/* Whether judge_asked could have said that of this voter. */
static int
refusal_plausible(const struct voter *v, int code, evote_reason reason)
{
	static const struct {
		int code;
		evote_reason reason;
	} known[] = {
	    {1, EVOTE_R_TOKEN_EXPIRED},
	    {1, EVOTE_R_NO_VOTER},
	    {2, EVOTE_R_NO_ELECTION},
	    {2, EVOTE_R_CLOSED},
	    {3, EVOTE_R_GROUP},
	    {3, EVOTE_R_NAME_TAKEN},
	    {3, EVOTE_R_END_PAST},
	    {4, EVOTE_R_VOTED},
	    {5, EVOTE_R_NO_CHOICE},
	};

	if (reason != EVOTE_R_TOKEN_EXPIRED &&
	    (reason == EVOTE_R_NO_VOTER) == v->registered)
		return (0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code && known[i].reason == reason)
			return (1);
	}
	return (0);
}

/*
 * A refusal keeps only the hash of what was refused: it cannot be executed
 * again, but it must fit the voter and be due.
 */
static void
judge_refused(
    const struct election *e, const evote_leaf *leaf, struct verdict *v)
{
	const evote_refused_op *op = &leaf->op.evote_op_u.refused;

	memcpy(v->client.act, op->act, sizeof(v->client.act));
	if (judge_number(e, &op->asker, 0, v))
		return;
	if (refusal_plausible(v->voter, leaf->code, leaf->reason) &&
	    !refusals_full(v->voter, leaf->time))
		verdict_record(v, leaf->code, leaf->reason);
}

static void
apply_genesis(struct election *e, const evote_genesis *from)
{
	e->genesis = need(malloc(sizeof(*e->genesis)));
	*e->genesis = *from;
	e->genesis->origin = need(strdup(from->origin));
}

static void
apply_epoch(struct election *e, struct undo *u, const evote_epoch_op *op,
    uint64_t epoch)
{
	u->u.forced_epoch = e->forced_epoch;
	if (op->forced)
		e->forced_epoch = epoch;
}

static void
apply_enrolment(struct election *e, struct undo *u, const evote_voter *w)
{
	struct voter *v = voter_find(e, w->name);
	struct revival *old;

	if (v == NULL) {
		v = voter_add(e, w->name);
		u->u.roll.fresh++;
	} else {
		u->u.roll.revivals = need_room(
		    u->u.roll.revivals, u->u.roll.revived, sizeof(*old));
		old = &u->u.roll.revivals[u->u.roll.revived++];
		old->voter = v;
		old->group = v->group;
		memcpy(old->key, v->key, sizeof(old->key));
	}
	voter_enrol(v, group_intern(e, w->group), w->key);
}

static void
apply_vote(struct undo *u, const struct verdict *v)
{
	u->u.asked.poll = v->poll;
	u->u.asked.choice = v->choice;
	poll_set_voted(v->poll, v->voter->index);
	v->poll->counts[v->choice]++;
	v->poll->votes++;
}

static void
apply_close(struct election *e, struct undo *u, struct poll *p)
{
	u->u.poll = p;
	p->closed = 1;
	p->eligible = poll_eligible(e, p);
	open_remove(e, p);
}

static void
apply_answer(struct undo *u, const struct verdict *v)
{
	struct client c = v->client;

	c.code = v->out.code;
	c.reason = v->out.reason;
	u->u.asked.voter = v->voter;
	client_put(v->voter, &c, &u->u.asked.displaced);
}

static void
apply(struct election *e, const evote_leaf *leaf, const struct verdict *v)
{
	struct undo *u = need(calloc(1, sizeof(*u)));

	u->kind = leaf->op.kind;
	u->epoch = e->epoch;
	u->time = e->time;
	switch (leaf->op.kind) {
	case EVOTE_OP_GENESIS:
		apply_genesis(e, &leaf->op.evote_op_u.genesis);
		break;
	case EVOTE_OP_EPOCH:
		apply_epoch(e, u, &leaf->op.evote_op_u.epoch, leaf->epoch);
		break;
	case EVOTE_OP_REGISTER:
		for (uint32_t i = 0; i < v->out.added; i++)
			apply_enrolment(e, u, &v->fresh[i]);
		break;
	case EVOTE_OP_UNREGISTER:
		u->u.voter = v->voter;
		voter_strike(v->voter);
		break;
	case EVOTE_OP_CREATE:
		apply_answer(u, v);
		poll_add(
		    e, &leaf->op.evote_op_u.create.election, v->voter->index);
		break;
	case EVOTE_OP_VOTE:
		apply_answer(u, v);
		apply_vote(u, v);
		break;
	case EVOTE_OP_CLOSE:
		apply_close(e, u, v->poll);
		break;
	case EVOTE_OP_REFUSED:
		apply_answer(u, v);
		u->u.asked.refused_at = refusals_put(v->voter, leaf->time);
		break;
	}
	DL_APPEND(e->undo, u);
	e->size++;
	e->epoch = leaf->epoch;
	e->time = leaf->time;
}

static void
undo_register(struct election *e, const struct undo *u)
{
	const struct revival *old;
	struct voter *v;

	for (uint32_t i = 0; i < u->u.roll.revived; i++) {
		old = &u->u.roll.revivals[i];
		voter_strike(old->voter);
		old->voter->group = old->group;
		memcpy(old->voter->key, old->key, sizeof(old->key));
	}
	for (uint32_t i = 0; i < u->u.roll.fresh; i++) {
		v = e->roll[--e->n_roll];
		voter_strike(v);
		HASH_DEL(e->voters, v);
		voter_free(v);
	}
}

static void
undo_create(struct election *e)
{
	struct poll *p = e->list[--e->n_list];

	open_remove(e, p);
	HASH_DEL(e->polls, p);
	poll_free(p);
}

static void
undo_vote(const struct undo *u)
{
	struct poll *p = u->u.asked.poll;
	uint32_t index = u->u.asked.voter->index;

	p->voted[index / 8] &= ~(1 << index % 8);
	p->counts[u->u.asked.choice]--;
	p->votes--;
}

static void
undo_close(struct election *e, struct poll *p)
{
	p->closed = 0;
	p->eligible = 0;
	open_add(e, p);
}

static void
undo_last(struct election *e)
{
	struct undo *u = e->undo->prev; /* utlist: the head's is the tail */

	switch (u->kind) {
	case EVOTE_OP_GENESIS:
		genesis_free(e->genesis);
		e->genesis = NULL;
		break;
	case EVOTE_OP_EPOCH:
		e->forced_epoch = u->u.forced_epoch;
		break;
	case EVOTE_OP_REGISTER:
		undo_register(e, u);
		break;
	case EVOTE_OP_UNREGISTER:
		voter_enrol(u->u.voter, u->u.voter->group, u->u.voter->key);
		break;
	case EVOTE_OP_CREATE:
		undo_create(e);
		client_take_back(u->u.asked.voter, &u->u.asked.displaced);
		break;
	case EVOTE_OP_VOTE:
		undo_vote(u);
		client_take_back(u->u.asked.voter, &u->u.asked.displaced);
		break;
	case EVOTE_OP_CLOSE:
		undo_close(e, u->u.poll);
		break;
	case EVOTE_OP_REFUSED:
		refusals_take_back(u->u.asked.voter, u->u.asked.refused_at);
		client_take_back(u->u.asked.voter, &u->u.asked.displaced);
		break;
	}
	e->size--;
	e->epoch = u->epoch;
	e->time = u->time;
	DL_DELETE(e->undo, u);
	undo_free(u);
}

void
election_undo(struct election *e, uint64_t size)
{
	assert(size >= e->settled);
	while (e->size > size)
		undo_last(e);
}

void
election_settle(struct election *e, uint64_t size)
{
	struct undo *u;

	assert(size <= e->size);
	for (; e->settled < size; e->settled++) {
		u = e->undo;
		DL_DELETE(e->undo, u);
		undo_free(u);
	}
}

uint64_t
election_size(const struct election *e)
{
	return (e->size);
}

/* Whether a record of that kind may stand there: genesis first, time rises. */
static int
place_fits(const struct election *e, evote_op_kind kind, const struct place *at)
{
	return (at->seq == e->size && at->epoch >= e->epoch &&
	    (e->size == 0 || at->time > e->time) &&
	    (e->size == 0) == (kind == EVOTE_OP_GENESIS));
}

static int
opening_fits(const evote_opening *opening, const evote_ballot *ballot)
{
	unsigned char hash[SEAL_HASH];

	return (strcmp(opening->domain, OPENING_DOMAIN) == 0 &&
	    strcmp(opening->election, ballot->election) == 0 &&
	    xdr_hash((xdrproc_t)xdr_evote_opening, opening, hash) == 0 &&
	    memcmp(hash, ballot->commitment, sizeof(hash)) == 0);
}

/* The leaf borrows from op and v. */
static void
leaf_fill(evote_leaf *leaf, const struct op *op, const struct verdict *v)
{
	evote_op *to = &leaf->op;
	const evote_act *act = &op->act;

	to->kind = v->out.code == 0 ? op->kind : EVOTE_OP_REFUSED;
	switch (to->kind) {
	case EVOTE_OP_GENESIS:
		to->evote_op_u.genesis = op->genesis;
		break;
	case EVOTE_OP_EPOCH:
		to->evote_op_u.epoch = op->epoch;
		break;
	case EVOTE_OP_REGISTER:
		to->evote_op_u.voters.voters_len = v->out.added;
		to->evote_op_u.voters.voters_val = v->fresh;
		break;
	case EVOTE_OP_UNREGISTER:
		to->evote_op_u.voter = op->name;
		break;
	case EVOTE_OP_CREATE:
		to->evote_op_u.create.asker = op->asker;
		to->evote_op_u.create.signature = op->signature;
		to->evote_op_u.create.election = act->evote_act_u.election;
		break;
	case EVOTE_OP_VOTE:
		to->evote_op_u.vote.asker = op->asker;
		to->evote_op_u.vote.signature = op->signature;
		to->evote_op_u.vote.ballot = act->evote_act_u.ballot;
		break;
	case EVOTE_OP_CLOSE:
		to->evote_op_u.election = op->name;
		break;
	case EVOTE_OP_REFUSED:
		to->evote_op_u.refused.asker = op->asker;
		memcpy(to->evote_op_u.refused.act, v->client.act, SEAL_HASH);
		break;
	}
}

struct record *
election_execute(struct election *e, const struct op *op,
    const struct place *at, struct outcome *out)
{
	struct verdict v = {0};
	struct record *r = NULL;
	evote_opening opening = op->opening;
	evote_leaf leaf = {
	    .format = EVOTE_LEAF_FORMAT,
	    .seq = at->seq,
	    .epoch = at->epoch,
	    .time = at->time,
	};
	int vote;

	assert(place_fits(e, op->kind, at));
	judge(e, op, at->time, &v);
	*out = v.out;
	if (v.recorded) {
		leaf_fill(&leaf, op, &v);
		leaf.code = v.out.code;
		leaf.reason = v.out.reason;
		vote = leaf.op.kind == EVOTE_OP_VOTE;
		assert(!vote ||
		    opening_fits(&opening, &op->act.evote_act_u.ballot));
		r = record_make(&leaf, vote ? &opening : NULL);
		assert(r != NULL);
		apply(e, &leaf, &v);
	}
	free(v.fresh);
	return (r);
}

/* The operation that a leaf is the record of; it borrows from both. */
static void
op_fill(struct op *op, const evote_leaf *leaf, const evote_opening *opening)
{
	const evote_op *from = &leaf->op;

	*op = (struct op){.kind = from->kind, .standing = EVOTE_R_OK};
	switch (from->kind) {
	case EVOTE_OP_REGISTER:
		op->n = from->evote_op_u.voters.voters_len;
		op->voters = from->evote_op_u.voters.voters_val;
		break;
	case EVOTE_OP_UNREGISTER:
		op->name = from->evote_op_u.voter;
		break;
	case EVOTE_OP_CREATE:
		op->asker = from->evote_op_u.create.asker;
		op->act.kind = EVOTE_ACT_CREATE;
		op->act.evote_act_u.election = from->evote_op_u.create.election;
		break;
	case EVOTE_OP_VOTE:
		op->asker = from->evote_op_u.vote.asker;
		op->act.kind = EVOTE_ACT_VOTE;
		op->act.evote_act_u.ballot = from->evote_op_u.vote.ballot;
		op->opening = *opening;
		break;
	case EVOTE_OP_CLOSE:
		op->name = from->evote_op_u.election;
		break;
	default:
		break;
	}
}

/* Judges a record; returns what is wrong with it, or NULL. */
static const char *
replay_judge(const struct election *e, const struct record *r,
    const evote_leaf *leaf, const evote_opening *opening, struct verdict *v)
{
	const struct place at = {leaf->seq, leaf->epoch, leaf->time};
	int vote = leaf->op.kind == EVOTE_OP_VOTE;
	struct op op;

	if (!place_fits(e, leaf->op.kind, &at))
		return ("it does not fit its place");
	if (vote != (r->opening_len > 0) ||
	    (vote && !opening_fits(opening, &leaf->op.evote_op_u.vote.ballot)))
		return ("its private part does not fit");
	if (leaf->op.kind == EVOTE_OP_REFUSED) {
		judge_refused(e, leaf, v);
	} else {
		op_fill(&op, leaf, opening);
		judge(e, &op, leaf->time, v);
	}
	if (!v->recorded || v->out.code != leaf->code ||
	    v->out.reason != leaf->reason)
		return ("executing it gives another outcome");
	return (NULL);
}

int
election_replay(
    struct election *e, const struct record *r, char *err, size_t errlen)
{
	struct verdict v = {0};
	const char *why;
	evote_leaf leaf;
	evote_opening opening;

	if (record_open(r, &leaf, &opening) == -1) {
		snprintf(err, errlen, "record seq=%" PRIu64 " is unreadable",
		    r->seq);
		return (-1);
	}
	why = replay_judge(e, r, &leaf, &opening, &v);
	if (why == NULL)
		apply(e, &leaf, &v);
	else
		snprintf(err, errlen,
		    "record seq=%" PRIu64 " kind=%d code=%d reason=%d: %s "
		    "(size=%" PRIu64 " code=%d reason=%d)",
		    r->seq, leaf.op.kind, leaf.code, leaf.reason, why, e->size,
		    v.out.code, v.out.reason);
	free(v.fresh);
	record_clear(&leaf, &opening);
	return (why == NULL ? 0 : -1);
}

const char *
election_due(const struct election *e, uint64_t time)
{
	const struct poll *next;

	if (e->n_open == 0)
		return (NULL);
	next = e->open[e->n_open - 1];
	return (next->about.end <= time ? next->about.name : NULL);
}

int
election_voter(
    const struct election *e, const char *name, struct voter_view *view)
{
	const struct voter *v = voter_find(e, name);

	if (v == NULL)
		return (0);
	view->group = v->group->name;
	view->key = v->key;
	view->registered = v->registered;
	return (1);
}

void
election_result(const struct election *e, const char *name,
    evote_result_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(e, name);
	evote_count *counts;
	uint32_t n;

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	res->counts.counts_len = 0;
	res->counts.counts_val = NULL;
	res->votes = res->eligible = 0;
	res->end = p == NULL ? 0 : p->about.end;
	if (p == NULL || !p->closed) {
		out->code = p == NULL ? 1 : 2;
		out->reason = p == NULL ? EVOTE_R_NO_ELECTION : EVOTE_R_ONGOING;
		return;
	}
	n = p->about.choices.choices_len;
	counts = need(calloc(n, sizeof(*counts)));
	for (uint32_t i = 0; i < n; i++) {
		counts[i].choice =
		    need(strdup(p->about.choices.choices_val[i]));
		counts[i].votes = p->counts[i];
	}
	res->counts.counts_len = n;
	res->counts.counts_val = counts;
	res->votes = p->votes;
	res->eligible = p->eligible;
}

void
election_list(const struct election *e, uint32_t first, evote_list_res *res)
{
	evote_summary *to = need(calloc(EVOTE_PAGE_MAX, sizeof(*to)));
	const struct poll *p;
	uint32_t n = 0, i;

	for (i = first; i < e->n_list && n < EVOTE_PAGE_MAX; i++, n++) {
		p = e->list[i];
		to[n].name = need(strdup(p->about.name));
		to[n].end = p->about.end;
		to[n].closed = p->closed;
	}
	res->elections.elections_len = n;
	res->elections.elections_val = to;
	res->next = i < e->n_list ? i : 0;
}

void
election_show(const struct election *e, const char *name,
    evote_election_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(e, name);
	evote_election none = {.name = ""};

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p == NULL) {
		out->code = 1;
		out->reason = EVOTE_R_NO_ELECTION;
	}
	/* Never without its strings: XDR has no NULL. */
	about_copy(&res->election, p == NULL ? &none : &p->about);
	res->creator = need(strdup(p == NULL ? "" : e->roll[p->creator]->name));
	res->closed = p != NULL && p->closed;
}

void
election_voters(const struct election *e, uint32_t first, evote_voters_res *res)
{
	evote_voter *to = need(calloc(EVOTE_PAGE_MAX, sizeof(*to)));
	const struct voter *v;
	uint32_t n = 0, i;

	res->next = 0;
	for (i = first; i < e->n_roll; i++) {
		v = e->roll[i];
		if (!v->registered)
			continue;
		if (n == EVOTE_PAGE_MAX) {
			res->next = i;
			break;
		}
		to[n].name = need(strdup(v->name));
		to[n].group = need(strdup(v->group->name));
		memcpy(to[n].key, v->key, sizeof(to[n].key));
		n++;
	}
	res->voters.voters_len = n;
	res->voters.voters_val = to;
}

const evote_genesis *
election_genesis(const struct election *e)
{
	return (e->genesis);
}

uint64_t
election_forced_epoch(const struct election *e)
{
	return (e->forced_epoch);
}

/* h := H(h | data): the chain keeps neighbouring fields apart. */
static void
mix(unsigned char h[SEAL_HASH], const void *data, size_t len)
{
	unsigned char before[SEAL_HASH];
	struct seal_part parts[] = {{before, sizeof(before)}, {data, len}};

	memcpy(before, h, sizeof(before));
	seal_hash(h, parts, 2);
}

static void
mix_number(unsigned char h[SEAL_HASH], uint64_t n)
{
	mix(h, &n, sizeof(n));
}

static void
mix_string(unsigned char h[SEAL_HASH], const char *s)
{
	mix(h, s, strlen(s) + 1);
}

/* Group and head-count, so that the derived numbers are under test as well. */
static void
mix_group(unsigned char h[SEAL_HASH], const struct group *g)
{
	mix_string(h, g->name);
	mix_number(h, g->registered);
}

static void
mix_voter(unsigned char h[SEAL_HASH], const struct voter *v)
{
	mix_string(h, v->name);
	mix_group(h, v->group);
	mix(h, v->key, sizeof(v->key));
	mix_number(h, v->registered);
	mix_number(h, v->floor);
	if (v->n_clients > 0)
		mix(h, v->clients, v->n_clients * sizeof(*v->clients));
	if (v->refusals != NULL && v->refusals->n > 0)
		mix(h, v->refusals, sizeof(*v->refusals));
}

static void
mix_poll(unsigned char h[SEAL_HASH], const struct poll *p)
{
	uint32_t used = p->voted_len;

	mix_string(h, p->about.name);
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		mix_group(h, p->groups[i]);
	for (uint32_t i = 0; i < p->about.choices.choices_len; i++) {
		mix_string(h, p->about.choices.choices_val[i]);
		mix_number(h, p->counts[i]);
	}
	mix_number(h, p->about.end);
	mix_number(h, p->creator);
	mix_number(h, p->closed);
	mix_number(h, p->votes);
	mix_number(h, p->eligible);
	while (used > 0 && p->voted[used - 1] == 0)
		used--;
	if (used > 0)
		mix(h, p->voted, used);
}

void
election_hash(const struct election *e, unsigned char out[32])
{
	memset(out, 0, SEAL_HASH);
	if (e->genesis != NULL) {
		mix(out, e->genesis->cluster, sizeof(e->genesis->cluster));
		mix_string(out, e->genesis->origin);
	}
	mix_number(out, e->size);
	mix_number(out, e->epoch);
	mix_number(out, e->time);
	mix_number(out, e->forced_epoch);
	mix_number(out, e->n_roll);
	for (uint32_t i = 0; i < e->n_roll; i++)
		mix_voter(out, e->roll[i]);
	mix_number(out, e->n_list);
	for (uint32_t i = 0; i < e->n_list; i++)
		mix_poll(out, e->list[i]);
	mix_number(out, e->n_open);
	for (uint32_t i = 0; i < e->n_open; i++)
		mix_number(out, e->open[i]->index);
}
