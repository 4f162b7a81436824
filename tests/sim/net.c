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

static void
packets_free(struct packet **first)
{
	while (*first != NULL) {
		struct packet *p = *first;

		*first = p->next;
		message_free(p->m);
		free(p);
	}
}

static void
link_empty(struct link *l)
{
	for (int way = 0; way < 2; way++) {
		packets_free(&l->first[way]);
		l->due[way] = 0;
	}
}

void
link_clear(struct link *l)
{
	link_empty(l);
	l->conn = 0;
	l->over = 0;
}

/* The called end learns of it. */
static void
link_gone(struct host *h, int peer, uint64_t conn, uint64_t delay)
{
	later(delay,
	    (struct item){.what = W_GONE,
		.host = h->id,
		.peer = peer,
		.a = h->life,
		.b = conn});
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

int
is_cut(int from, int to)
{
	return (w.cut[from][to] > w.now);
}

/*
 * What a connection that has ended still held, of one way: as with TCP it
 * arrives, or the first part of it, and then the end.  The process that sent it
 * may be over, and the next one be heard before.
 */
struct rest {
	struct packet *first;
	uint64_t conn, life; /* of the receiver's process */
	uint64_t gap;	     /* between two of them, at most */
	int from, to, way;
};

static void
rest_go_on(struct rest *r, uint64_t delay)
{
	later(delay, (struct item){.what = W_REST, .host = r->to, .p = r});
}

static void
rest_leave(struct host *from, struct host *to, struct link *l, int way)
{
	struct rest *r = grown(NULL, 1, sizeof(*r));
	struct packet **end = &r->first;

	while (l->first[way] != NULL && !chance(100)) {
		*end = l->first[way];
		l->first[way] = (*end)->next;
		end = &(*end)->next;
	}
	*end = NULL;
	r->conn = l->conn;
	r->life = to->life;
	r->gap = chance(300) ? 300 * MS : 1 * MS;
	r->from = from->id;
	r->to = to->id;
	r->way = way;
	rest_go_on(r, chance(300) ? upto(3000 * MS) : upto(5 * MS));
}

void
rest_free(struct rest *r)
{
	packets_free(&r->first);
	free(r);
}

static void
deliver(struct host *to, int from, int way, uint64_t conn, struct packet *p)
{
	struct event ev = {.kind = way == 0 ? EV_CALL : EV_REPLY,
	    .peer = place_of(to, from),
	    .conn = conn,
	    .message = p->m};
	uint64_t accepted = w.n_accepted;
	int signing = p->m->kind == SAY_SIGN;

	/* A handle names the link and the call: see do_reply. */
	if (way == 0)
		ev.handle = conn << 8 | (uint64_t)from;
	free(p);
	host_step(to, &ev);
	/* Time may have done it, once: a joiner is not waited for any more. */
	if (signing && w.n_accepted != accepted && w.signed_accepted++ > 0)
		fail("rule 20: signing has changed what is accepted");
}

/* The next of it; at last the receiver learns of the end. */
void
rest_deliver(struct rest *r)
{
	struct host *to = &w.hosts[r->to];
	struct packet *p = r->first;

	if (to->life != r->life ||
	    (r->way == 1 && to->links[r->from].conn != r->conn)) {
		rest_free(r);
		return;
	}
	if (is_cut(r->from, r->to)) {
		rest_go_on(r, 20 * MS + upto(200 * MS));
		return;
	}
	if (p != NULL) {
		r->first = p->next;
		deliver(to, r->from, r->way, r->conn, p);
		rest_go_on(r, upto(r->gap));
		return;
	}
	if (r->way == 0)
		link_gone(to, r->from, r->conn, 0);
	else
		link_break(to, r->from);
	rest_free(r);
}

/* Both ends learn of it, each in its time. */
void
link_break(struct host *h, int peer)
{
	struct link *l = &h->links[peer];
	struct host *p = &w.hosts[peer];
	int late;

	if (l->conn == 0)
		return;
	late = !w.healed && chance(w.late) && !l->over;
	if (late && h->alive && !p->alive) {
		l->over = 1;
		rest_leave(p, h, l, 1);
		link_empty(l);
		return;
	}
	if (p->alive && late)
		rest_leave(h, p, l, 0);
	else if (p->alive && !l->over)
		link_gone(p, h->id, l->conn, upto(300));
	link_clear(l);
	if (h->alive) {
		struct event ev = {
		    .kind = EV_LINK_DOWN, .peer = place_of(h, peer)};

		host_step(h, &ev);
		link_try(h, peer, upto(200));
	}
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
	struct packet *p = l->first[way];

	if (l->over)
		return;
	assert(p != NULL);
	l->first[way] = p->next;
	if (way == 0)
		deliver(&w.hosts[peer], h->id, way, l->conn, p);
	else
		deliver(h, peer, way, l->conn, p);
}

void
do_call(void *arg, int peer, struct message *m)
{
	struct host *h = arg;
	int id = h->at[peer];

	if (h->links[id].conn == 0 || h->links[id].over)
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
