#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"

/*
 * What this host calls itself.  While it decides on another set it must not
 * call the present one valid: its disk may already hold the next one, which
 * leaves out whom it is speaking to.  What leaves out nobody, or was not asked
 * of anybody yet, may take long: meanwhile who comes has to follow.
 */
static evote_role
role_told(const struct core *c)
{
	return (core_leads(c) && proposal_open(c) &&
		    (c->proposal.phase == PROPOSAL_STORING ||
			(c->proposal.kind == P_SHRINK &&
			    c->proposal.phase != PROPOSAL_CONFIRMING))
		? EVOTE_CLAIMING
		: c->role);
}

static struct message *
hello_make(struct core *c, int reply, uint64_t asked, evote_refusal refusal)
{
	struct message *m = core_message(SAY_HELLO, reply);
	evote_hello *h = &m->u.hello;
	const evote_position *epochs;
	uint32_t n;

	h->name = need_copy(c->cf.names[c->cf.self]);
	memcpy(h->incarnation, core_self(c), sizeof(h->incarnation));
	h->role = role_told(c);
	config_copy(&h->config,
	    BUG(HAND_OVER_EARLY) && proposal_is(c, P_HAND, PROPOSAL_STORING)
		? &c->proposal.next
		: &c->config);
	core_position(c, history_size(c->log), &h->end);
	h->committed = c->committed;
	h->clock = c->wall_us;
	h->asked = asked;
	h->serial = ++c->serial;
	h->room = !c->no_room;
	h->resigned = c->resigned;
	h->relieved = c->relieved;
	memcpy(h->instance, c->cf.instance, sizeof(h->instance));
	h->refusal = refusal;
	h->suspect_ms = c->cf.suspect_ms;
	epochs = history_epochs(c->log, &n);
	if (n > EVOTE_EPOCHS_MAX) {
		epochs += n - EVOTE_EPOCHS_MAX;
		n = EVOTE_EPOCHS_MAX;
	}
	h->epochs.epochs_val = need_zeroed(n + 1, sizeof(*epochs));
	if (n > 0)
		memcpy(h->epochs.epochs_val, epochs, n * sizeof(*epochs));
	h->epochs.epochs_len = n;
	return (m);
}

struct message *
hello_call(struct core *c)
{
	return (hello_make(c, 0, c->now_ms, EVOTE_NOT_REFUSED));
}

struct message *
hello_reply(struct core *c, uint64_t asked, evote_refusal refusal)
{
	return (hello_make(c, 1, asked, refusal));
}

void
hello_send(struct core *c, int peer)
{
	for (int i = 0; i < c->cf.n; i++) {
		if ((peer >= 0 && i != peer) || !c->peers[i].up)
			continue;
		core_called(c, i);
		c->driver->call(c->arg, i, hello_call(c));
	}
}

/*
 * Who does not lead asks the others now and then how they are.  Its primary,
 * once that has confirmed it and while it is heard, it asks seldom, and only
 * for the time: one whose calls do not come through may still be reached.
 * While answers wait for the disk a hello is the sign of life: a slow disk
 * makes nobody silent.
 */
static uint64_t
hello_every(const struct core *c, int peer)
{
	int primary = peer == core_primary_peer(c);
	int heard = c->now_ms - c->peers[peer].last_received_ms <=
	    HEARD_BEATS * c->cf.beat_ms;

	if (primary && c->n_deferred > 0)
		return (c->cf.beat_ms);
	return (c->cf.beat_ms *
	    (primary && heard && c->membership_confirmed &&
			clock_good(&c->clock)
		    ? SURE_BEATS
		    : ASK_BEATS));
}

void
hello_beat(struct core *c)
{
	for (int i = 0; !core_leads(c) && i < c->cf.n; i++)
		if (c->peers[i].up &&
		    c->now_ms - c->peers[i].last_sent_ms >= hello_every(c, i))
			hello_send(c, i);
}
