#include <assert.h>

#include "sim.h"

static void
link_send(struct host *h, int peer, int way, struct message *m, uint64_t handle)
{
	struct link *l = &h->links[peer];
	struct packet *p = grown(NULL, 1, sizeof(*p));
	uint64_t at = w.now + 30 + upto(200);

	if (!w.healed && chance(5))
		at += upto(80 * MS);
	if (at < l->due[way])
		at = l->due[way];
	l->due[way] = at;
	p->m = m;
	p->handle = handle;
	p->next = NULL;
	if (l->first[way] == NULL)
		l->first[way] = p;
	else
		l->last[way]->next = p;
	l->last[way] = p;
	later(at - w.now,
	    (struct item){.what = W_DELIVER,
		.host = h->id,
		.peer = peer,
		.a = l->conn,
		.b = (uint64_t)way});
}

void
link_clear(struct link *l)
{
	for (int way = 0; way < 2; way++) {
		while (l->first[way] != NULL) {
			struct packet *p = l->first[way];

			l->first[way] = p->next;
			message_free(p->m);
			free(p);
		}
		l->due[way] = 0;
	}
	l->conn = 0;
}

static void
link_try(struct host *h, int peer, uint64_t delay)
{
	if (h->links[peer].trying)
		return;
	h->links[peer].trying = 1;
	later(delay,
	    (struct item){
		.what = W_CONNECT, .host = h->id, .peer = peer, .a = h->life});
}

int
place_of(struct host *h, int id)
{
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		if (h->at[i] == id)
			return (i);
	return (core_visitor(h->core, host_names[id]));
}

void
do_host(void *arg, int peer, const char *name, const char *address)
{
	struct host *h = arg;
	int id = name[0] - 'A';
	struct link *l = &h->links[id];

	h->at[peer] = id;
	h->called[id] = address != NULL;
	/* Noted down, as do_reset. */
	if (address != NULL)
		link_try(h, id, upto(2 * MS));
	else if (l->conn != 0)
		later(1,
		    (struct item){.what = W_FAULT,
			.host = h->id,
			.peer = id,
			.a = l->conn,
			.b = 1});
}

/* Both ends learn of it, each in its time. */
void
link_break(struct host *h, int peer)
{
	struct link *l = &h->links[peer];
	struct host *p = &w.hosts[peer];

	if (l->conn == 0)
		return;
	if (p->alive)
		later(upto(300),
		    (struct item){.what = W_GONE,
			.host = peer,
			.peer = h->id,
			.a = p->life,
			.b = l->conn});
	link_clear(l);
	if (h->alive) {
		struct event ev = {
		    .kind = EV_LINK_DOWN, .peer = place_of(h, peer)};

		host_step(h, &ev);
		link_try(h, peer, upto(200));
	}
}

int
is_cut(int from, int to)
{
	return (w.cut[from][to] > w.now);
}

void
link_connect(struct host *h, int peer)
{
	struct event ev = {.kind = EV_LINK_UP};

	h->links[peer].trying = 0;
	if (!h->called[peer] || h->links[peer].conn != 0)
		return;
	ev.peer = place_of(h, peer);
	if (is_cut(h->id, peer) || is_cut(peer, h->id)) {
		link_try(h, peer, 20 * MS + upto(300 * MS));
		return;
	}
	if (w.hosts[peer].alive) {
		h->links[peer].conn = ++w.conn;
	} else {
		ev.kind = EV_LINK_DOWN;
		ev.port_refuses = 1;
		link_try(h, peer, 5 * MS + upto(100 * MS));
	}
	host_step(h, &ev);
}

void
link_deliver(struct host *h, int peer, int way)
{
	struct link *l = &h->links[peer];
	struct host *to = way == 0 ? &w.hosts[peer] : h;
	struct packet *p = l->first[way];
	struct event ev = {.kind = way == 0 ? EV_CALL : EV_REPLY,
	    .peer = place_of(to, way == 0 ? h->id : peer),
	    .conn = l->conn,
	    .message = p->m};
	uint64_t accepted;
	int signing;

	assert(p != NULL);
	l->first[way] = p->next;
	/* A handle names the link and the call: see do_reply. */
	if (way == 0)
		ev.handle = l->conn << 8 | (uint64_t)h->id;
	free(p);
	accepted = w.n_accepted;
	signing = ev.message->kind == SAY_SIGN;
	host_step(to, &ev);
	/* Time may have done it, once: a joiner is not waited for any more. */
	if (signing && w.n_accepted != accepted && w.signed_accepted++ > 0)
		fail("rule 20: signing has changed what is accepted");
}

void
do_call(void *arg, int peer, struct message *m)
{
	struct host *h = arg;
	int id = h->at[peer];

	if (h->links[id].conn == 0)
		message_free(m);
	else
		link_send(h, id, 0, m, 0);
}

void
do_reply(void *arg, uint64_t handle, struct message *m)
{
	struct host *self = arg, *caller = &w.hosts[handle & 255];

	if (m->kind == SAY_SIGN)
		note_signed(self, &m->u.signed_by);
	if (caller->links[self->id].conn != handle >> 8)
		message_free(m);
	else
		link_send(caller, self->id, 1, m, handle);
}

void
do_reset(void *arg, int peer)
{
	struct host *h = arg;

	/* Noted down: it is carried out with the next break. */
	later(1,
	    (struct item){.what = W_FAULT,
		.host = h->id,
		.peer = h->at[peer],
		.a = h->links[h->at[peer]].conn,
		.b = 1});
}
