#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"
#include "replica/core/refusal.h"

int
failure_is_fit(const struct peer *p)
{
	return (p->phase != PEER_UNFIT && p->refusal == EVOTE_NOT_REFUSED &&
	    p->refused_by == EVOTE_NOT_REFUSED);
}

/*
 * One that has called, and was never reached there, may listen elsewhere: this
 * host's list may be wrong.
 */
int
failure_is_its_door(const struct peer *p)
{
	return (p->reached || !p->called || BUG(ANY_DOOR));
}

/*
 * Nobody listens there any more and its connection to us has ended: the
 * process is dead.  Or nothing was heard of it for long.
 */
int
failure_is_gone(const struct core *c, const struct peer *p)
{
	if (!p->up && p->port_refuses && p->conn == 0)
		return (1);
	return (c->now_ms > p->last_received_ms &&
	    c->now_ms - p->last_received_ms > failure_timeout(c));
}

/* With an arbiter a wrong suspicion costs a change of primary, no more. */
uint64_t
failure_timeout(const struct core *c)
{
	return (core_arbitrated(c) ? c->cf.quick_ms : c->cf.suspect_ms);
}

int
failure_suspected(const struct core *c, int peer)
{
	const struct peer *p = &c->peers[peer];

	if (failure_is_gone(c, p))
		return (1);
	/*
	 * Its disk was replaced: whom the configuration means will not come
	 * back.
	 */
	if (peer == core_primary_peer(c) && p->met &&
	    !config_id_equal(c->config.primary, p->id))
		return (1);
	/* A primary that says it is none was started anew, or has halted. */
	return (config_id_equal(c->config.primary, p->id) && p->met &&
	    p->config.epoch == c->config.epoch &&
	    (p->role == EVOTE_WAITING || p->role == EVOTE_HALTED));
}

/* Where our link leads to somebody else, that one's word is not its. */
static int
is_own_word(evote_refusal why)
{
	return (why != EVOTE_NOT_REFUSED && !refusal_elsewhere(why));
}

/*
 * Can nothing be had of this in-sync host, because it is gone, replaced or
 * refuses?  A primary leaves it out, and others may take over from it.
 */
int
failure_of(const struct core *c, const evote_member *m)
{
	int i = core_peer_of(c, m->incarnation);
	const struct peer *p;

	if (i < 0)
		return (1);
	p = &c->peers[i];
	if (p->met && !config_id_equal(p->id, m->incarnation))
		return (1); /* its disk was replaced */
	return (p->phase == PEER_UNFIT || is_own_word(p->refusal) ||
	    is_own_word(p->refused_by) || failure_is_gone(c, p));
}

/*
 * Alive and in sync, it has no room and makes way (rule 17).  This host can go
 * on without it only with room of its own, and once the arbiter has agreed.
 */
int
failure_resigned(const struct core *c, const evote_member *m)
{
	const struct peer *p = core_member(c, m->incarnation);

	return (!c->no_room && !c->arbiter_away && p != NULL && p->met &&
	    (p->resigned || (BUG(LEFT_OUT_UNASKED) && !p->room)) &&
	    p->config.epoch == c->config.epoch);
}

/* Must the primary leave it out: is it gone, or does it make way? */
int
failure_must_leave(const struct core *c, const evote_member *m)
{
	return (!config_id_equal(m->incarnation, core_self(c)) &&
	    (failure_of(c, m) || failure_resigned(c, m)));
}

int
failure_none(const struct core *c)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++)
		if (failure_must_leave(c, &c->config.in_sync.in_sync_val[i]))
			return (0);
	return (1);
}

int
failure_halted(const struct core *c, const struct peer *p)
{
	return (p != NULL && p->met && p->role == EVOTE_HALTED &&
	    p->config.epoch <= c->config.epoch);
}

void
failure_leave_halted(const struct core *c, evote_config *k)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const char *id = c->config.in_sync.in_sync_val[i].incarnation;

		if (failure_halted(c, core_member(c, id)))
			config_remove(k, id);
	}
}
