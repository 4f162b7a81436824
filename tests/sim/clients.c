#include "sim.h"

static void
reply_to(struct request *r, evote_standing standing, int host)
{
	struct request *copy = grown(NULL, 1, sizeof(*copy));

	*copy = *r;
	if (!w.healed && chance(5)) {
		free(copy);
		return;
	}
	later(50 + upto(200),
	    (struct item){.what = W_ANSWER,
		.host = r->client,
		.peer = host,
		.a = (uint64_t)standing,
		.p = copy});
}

static void
untake(struct host *h, struct request *r)
{
	for (uint32_t i = 0; i < h->n_taken; i++)
		if (h->taken[i] == r) {
			h->taken[i] = h->taken[--h->n_taken];
			free(r);
			return;
		}
	fail("a request was answered twice");
}

void
do_answer(void *arg, uint64_t ticket)
{
	struct host *h = arg;
	struct request *r = (struct request *)(uintptr_t)ticket;
	evote_stamp st;

	core_stamp(h->core, &st);
	r->stamp = st;
	if (st.size < r->size)
		fail("rule 5: an answer before what it tells is accepted");
	if (r->size < r->floor)
		fail("I3: a stale read");
	if (r->kind == R_READ)
		check_read(h, r);
	if (r->kind == R_RECEIPT)
		note_want(h, r);
	if (r->kind == R_LOOK && r->state != w.states[r->size])
		fail("another roll or turnout than the ledger comes to");
	reply_to(r, EVOTE_SERVED, h->id);
	untake(h, r);
}

void
do_refuse(void *arg, uint64_t ticket, evote_standing s, const char *name)
{
	struct host *h = arg;
	struct request *r = (struct request *)(uintptr_t)ticket;

	reply_to(r, s, *name == '\0' ? -1 : name[0] - 'A');
	untake(h, r);
}

static void
client_send(struct client *c)
{
	struct request *r = grown(NULL, 1, sizeof(*r));

	*r = c->ask;
	r->host = c->at;
	r->floor = w.n_accepted;
	r->seen = c->seen;
	c->tries++;
	c->waiting = 1;
	c->sent_at = w.now;
	later(50 + upto(200),
	    (struct item){.what = W_REQUEST, .host = c->at, .p = r});
	/* A copy that went astray comes late. */
	if (!w.healed && chance(20)) {
		struct request *copy = grown(NULL, 1, sizeof(*copy));

		*copy = *r;
		later(upto(3000 * MS),
		    (struct item){.what = W_REQUEST, .host = c->at, .p = copy});
	}
	later(TIMEOUT_US,
	    (struct item){
		.what = W_CLIENT, .host = (int)(c - w.clients), .a = c->tries});
}

/* There is an election, and somebody who has not voted there.  Few are late. */
static int
may_vote(struct request *r)
{
	int p = r->poll = (int)upto(POLLS - 1);

	return (w.opened[p] && w.next_voter[p] < VOTERS &&
	    (WALL_START + w.now < w.plans[p].end + 1500 * MS || chance(20)));
}

static void
vote_ask(struct client *c, struct request *r)
{
	int p = r->poll, *next = &w.next_voter[p];

	r->kind = R_VOTE;
	/* Now and then somebody tries to vote again. */
	r->voter = *next > 0 && chance(100) ? (int)upto((uint64_t)*next - 1)
					    : (*next)++;
	r->choice = (int)upto((uint64_t)forms[p].variants - 1);
	r->salt = rng();
	r->begun = WALL_START + w.now - upto(2000 * MS);
	w.tried[p][r->voter][r->choice] = 1;
	if (w.begun[p][r->voter] == 0 || r->begun < w.begun[p][r->voter])
		w.begun[p][r->voter] = r->begun;
	c->voter = r->voter;
	c->voted = r->number;
}

static void
client_next(struct client *c)
{
	int id = (int)(c - w.clients);
	struct request *r = &c->ask;

	memset(r, 0, sizeof(*r));
	r->client = id;
	r->number = ++c->number;
	if (id == 0 && c->step < 2) {
		r->kind = R_REGISTER;
		r->voter = c->step * VOTERS / 2;
	} else if (id == 0 &&
	    (w.keeper.next_poll == 0 || (w.now < w.quiet && chance(500))))
		keeper_ask(r);
	else if (c->voted != 0 && chance(150)) {
		r->kind = R_RECEIPT;
		r->voter = c->voter;
		r->asked = c->voted;
	} else if (!may_vote(r) || chance(300) || w.now > w.quiet)
		r->kind = chance(30) ? R_LOOK : R_READ;
	else
		vote_ask(c, r);
	client_send(c);
}

static void
vote_answered(const struct request *r)
{
	char *told = &w.told[r->poll][r->voter];

	if (r->out.code == 0) {
		if (*told == 1)
			fail("I5: a second vote counted");
		*told = 1;
		w.told_choice[r->poll][r->voter] = (char)r->choice;
		return;
	}
	/* For want of room nothing is recorded: ask again. */
	if (r->out.reason != EVOTE_R_STORAGE && w.n_refused < 4096) {
		w.refused[w.n_refused].client = r->client;
		w.refused[w.n_refused++].number = r->number;
	}
}

void
client_answer(struct client *c, struct request *r, evote_standing s, int host)
{
	int pause = 1;

	if (!c->waiting || r->number != c->ask.number)
		return;
	c->waiting = 0;
	if (s == EVOTE_SERVED) {
		w.ops++;
		w.served = w.now;
		memcpy(
		    c->seen.cluster, r->stamp.cluster, sizeof(c->seen.cluster));
		if (r->stamp.epoch < c->seen.epoch ||
		    r->stamp.size < c->seen.size)
			fail("rule 13: it knows less than its client");
		c->seen.epoch = r->stamp.epoch;
		c->seen.size = r->stamp.size;
		if (r->kind == R_VOTE)
			vote_answered(r);
		else if (r->client == 0 && r->kind != R_REGISTER)
			keeper_answer(r);
		if (r->client == 0 && c->step < 2)
			c->step += r->out.code == 0;
		/* If nobody served for long, its end has passed. */
		if ((r->kind == R_REGISTER || r->kind == R_CREATE) &&
		    r->poll == 0 && r->out.code != 0 && w.now < CLOSE_US / 2 &&
		    r->out.reason != EVOTE_R_STORAGE)
			fail("the election could not be set up");
		later(upto(!w.opened[0]	   ? MS
			      : chance(30) ? 2500 * MS
					   : 60 * MS),
		    (struct item){
			.what = W_CLIENT, .host = r->client, .a = UINT64_MAX});
		return;
	}
	if (s == EVOTE_NOT_PRIMARY && host >= 0 && host < w.n_hosts)
		c->at = host;
	else {
		c->at = (c->at + 1) % w.n_hosts;
		pause = 20;
	}
	later((uint64_t)pause * MS,
	    (struct item){
		.what = W_CLIENT, .host = r->client, .a = UINT64_MAX - 1});
}

void
client_look(struct client *c, uint64_t why)
{
	if (why == UINT64_MAX)
		client_next(c);
	else if (why == UINT64_MAX - 1) {
		if (!c->waiting)
			client_send(c);
	} else if (c->waiting && why == c->tries) {
		c->at = (c->at + 1) % w.n_hosts;
		client_send(c);
	}
}

void
request_arrives(struct request *r, int host)
{
	struct host *h = &w.hosts[host];
	struct event ev = {.kind = EV_REQUEST};

	if (!h->alive) {
		reply_to(r, EVOTE_NOT_SERVING, -1);
		free(r);
		return;
	}
	if (h->n_taken == h->max_taken) {
		h->max_taken = h->max_taken * 2 + 64;
		h->taken = grown(h->taken, h->max_taken, sizeof(*h->taken));
	}
	r->taken = w.now;
	h->taken[h->n_taken++] = r;
	ev.ticket = (uint64_t)(uintptr_t)r;
	ev.seen = r->seen;
	host_step(h, &ev);
}
