/* Requests that were kept, since no answer came. */
#include <stdio.h>
#include <string.h>

#include "client/lib/act.h"

static void
pending_fill(struct evote_pending *p, const struct kept *k, uint64_t since)
{
	const evote_request *r = kept_request((struct kept *)k);

	*p = (struct evote_pending){
	    .kind = (evote_act_kind)k->kind, .since = since};
	snprintf(p->election, sizeof(p->election), "%s", kept_election(k));
	if (r->credential.kind == EVOTE_BY_SIGNATURE)
		snprintf(p->voter, sizeof(p->voter), "%s",
		    r->credential.evote_credential_u.own.voter);
}

struct telling {
	void (*each)(void *arg, const struct evote_pending *);
	void *arg;
};

static void
pending_tell(void *arg, uint64_t since, const struct kept *k)
{
	const struct telling *t = arg;
	struct evote_pending p;

	pending_fill(&p, k, since);
	if (t->each != NULL)
		t->each(t->arg, &p);
}

/* Looks for a host only where what is kept cannot be found without it. */
static enum evote_outcome
state_find(struct evote *e, uint64_t deadline_ms)
{
	enum evote_outcome outcome = state_at_hand(e->state)
	    ? EVOTE_ANSWERED
	    : handle_ready(e, deadline_ms);

	return (outcome == EVOTE_UNANSWERED ? EVOTE_UNSENT : outcome);
}

enum evote_outcome
evote_pendings(struct evote *e,
    void (*each)(void *, const struct evote_pending *), void *arg, int *n)
{
	struct telling t = {each, arg};
	enum evote_outcome outcome = state_find(e, handle_deadline(e));

	*n = 0;
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	*n = state_each(e->state, pending_tell, &t);
	return (*n < 0 ? handle_fail(e, "%s", state_error(e->state)) : outcome);
}

/* Under the lock: the voter's own request, if there is one, is put in k. */
static enum evote_outcome
kept_take(struct evote *e, struct kept *k, int *lock, uint64_t deadline_ms)
{
	enum evote_outcome outcome = state_find(e, deadline_ms);
	struct telling nobody = {0};

	*lock = -1;
	/* One that cannot be read may be another voter's. */
	if (outcome != EVOTE_ANSWERED ||
	    state_each(e->state, pending_tell, &nobody) == 0)
		return (outcome);
	*lock = state_lock(
	    e->state, e->options.voter, handle_until(e, deadline_ms));
	if (*lock >= 0 && state_load(e->state, e->options.voter, k) == 0)
		return (outcome);
	return (handle_fail(e, "%s", state_error(e->state)));
}

int
evote_can_keep(struct evote *e)
{
	if (state_lockable(e->state, e->options.voter) == 0 &&
	    state_writable(e->state) == 0)
		return (0);
	handle_fail(e, "%s", state_error(e->state));
	return (-1);
}

enum evote_outcome
evote_pending(struct evote *e, struct evote_pending *p, int *kept)
{
	struct kept k = {0};
	int lock;
	enum evote_outcome outcome =
	    kept_take(e, &k, &lock, handle_deadline(e));

	*kept = outcome == EVOTE_ANSWERED && k.kind != 0;
	if (*kept) {
		pending_fill(p, &k, state_since(e->state, e->options.voter));
		snprintf(p->voter, sizeof(p->voter), "%s", e->options.voter);
	}
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}

enum evote_outcome
evote_settle(struct evote *e, evote_answer *answer)
{
	uint64_t deadline_ms = handle_deadline(e);
	struct kept k = {0};
	int lock;
	enum evote_outcome outcome = kept_take(e, &k, &lock, deadline_ms);

	memset(answer, 0, sizeof(*answer));
	route_unanswered(answer);
	if (outcome == EVOTE_ANSWERED && k.kind != 0)
		outcome = act_settle(e, &k, WANTED_KEPT, answer, deadline_ms);
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}

enum evote_outcome
evote_drop(struct evote *e)
{
	struct kept k = {0};
	int lock;
	enum evote_outcome outcome =
	    kept_take(e, &k, &lock, handle_deadline(e));

	if (outcome == EVOTE_ANSWERED && k.kind != 0 &&
	    state_settle(e->state, e->options.voter) != 0)
		outcome = handle_fail(e, "%s", state_error(e->state));
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}
