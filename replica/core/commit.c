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

/*
 * The promise (rules 4, 6 and 8).  A record is accepted when it is stored here,
 * stored at every in-sync host (said in this epoch), and only then is anyone
 * told.
 */
void
commit_advance(struct core *c)
{
	uint64_t n = c->durable;

	if (!core_leads(c))
		return;
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const char *id = c->config.in_sync.in_sync_val[i].incarnation;
		int p;

		if (config_id_equal(id, core_self(c)))
			continue;
		p = core_peer_of(c, id);
		if (BUG_ALONE_BEFORE_CAS && p >= 0 && !c->peers[p].up)
			continue;
		if (p < 0 || !config_id_equal(c->peers[p].id, id))
			n = 0;
		else if (c->peers[p].acked < n)
			n = c->peers[p].acked;
	}
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].counts && c->peers[i].acked < n)
			n = c->peers[i].acked;

	if (n < c->establish_size && !BUG_NO_BARRIER)
		return;
	commit_to(c, n);
	if (c->role == EVOTE_ESTABLISHING) {
		core_move(c, ON_ACCEPTED);
		requests_release_parked(c);
	}
	requests_answer(c, n, lead_confirmed(c));
}
