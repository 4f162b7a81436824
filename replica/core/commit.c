#include "common/mutant.h"
#include "replica/core/core_impl.h"

void
commit_to(struct core *c, uint64_t n)
{
	if (n <= c->committed)
		return;
	c->committed = n;
	c->machine->discard_undo(c->arg, n);
	core_restamp(c);
}

static uint64_t
acked_of(const struct peer *p)
{
	return (BUG(ALONE_BEFORE_CAS) && !p->up ? UINT64_MAX : p->acked);
}

/*
 * The promise (rules 4, 6 and 8).  A record is accepted when it is stored here,
 * stored at every in-sync host (said in this epoch), and only then is anyone
 * told.
 */
void
commit_advance(struct core *c)
{
	uint64_t n;

	if (!core_leads(c))
		return;
	n = core_least(c, c->durable, acked_of);
	if (n < c->establish_size && !BUG(NO_BARRIER))
		return;
	commit_to(c, n);
	if (c->role == EVOTE_ESTABLISHING) {
		core_move(c, ON_ACCEPTED);
		requests_release_parked(c);
	}
	requests_answer(c, n, lead_confirmed(c));
}
