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

int
evote_pendings(struct evote *e,
    void (*each)(void *, const struct evote_pending *), void *arg)
{
	struct telling t = {each, arg};
	int n = state_each(e->state, pending_tell, &t);

	if (n < 0)
		handle_fail(e, "%s", state_error(e->state));
	return (n);
}

/* Under the lock: 0 with the request in k, if there is one, or -1. */
static int
kept_take(struct evote *e, struct kept *k, int *lock)
{
	int n = evote_pendings(e, NULL, NULL);

	*lock = -1;
	/* One that cannot be read may be another voter's. */
	if (n == 0)
		return (0);
	*lock = state_lock(e->state, e->options.voter, handle_deadline(e));
	if (*lock >= 0 && state_load(e->state, e->options.voter, k) == 0)
		return (0);
	handle_fail(e, "%s", state_error(e->state));
	return (-1);
}

int
evote_pending(struct evote *e, struct evote_pending *p)
{
	struct kept k = {0};
	int lock, rc = kept_take(e, &k, &lock);

	if (rc == 0 && k.kind != 0) {
		pending_fill(p, &k, state_since(e->state, e->options.voter));
		snprintf(p->voter, sizeof(p->voter), "%s", e->options.voter);
		rc = 1;
	}
	kept_clear(&k);
	state_unlock(lock);
	return (rc);
}

enum evote_outcome
evote_settle(struct evote *e, evote_answer *answer)
{
	uint64_t deadline_ms = handle_deadline(e);
	enum evote_outcome outcome = handle_ready(e, deadline_ms);
	struct kept k = {0};
	int lock = -1;

	memset(answer, 0, sizeof(*answer));
	route_unanswered(answer);
	if (outcome == EVOTE_ANSWERED && kept_take(e, &k, &lock) != 0)
		outcome = EVOTE_FAILED;
	if (outcome == EVOTE_ANSWERED && k.kind != 0)
		outcome = act_settle(e, &k, 1, answer, deadline_ms);
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}

int
evote_drop(struct evote *e)
{
	struct kept k = {0};
	int lock, rc = kept_take(e, &k, &lock);

	if (rc == 0 && k.kind != 0 &&
	    state_settle(e->state, e->options.voter) != 0) {
		handle_fail(e, "%s", state_error(e->state));
		rc = -1;
	}
	kept_clear(&k);
	state_unlock(lock);
	return (rc);
}
