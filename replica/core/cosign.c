#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"

/*
 * Rules 19 and 20: whose keys are on record, and what a host may sign.  The
 * signatures themselves are the driver's: it has the keys.
 */

static int
has_key(const struct core *c)
{
	return (!key_is_none(c->cf.key));
}

/* That incarnation's key record, if among the first `size`: 1, or 0. */
static int
on_record(
    const struct core *c, const void *id, uint64_t size, unsigned char key[32])
{
	uint64_t seq;

	return (c->machine->key(c->arg, id, key, &seq) && seq < size);
}

static int
in_use(const struct core *c)
{
	return (c->machine->key(c->arg, NULL, NULL, NULL));
}

/* A host of an older version must not meet a record that it does not know. */
static int
all_tell(const struct core *c)
{
	for (u_int i = 0; i < c->config.hosts.hosts_len; i++) {
		int slot = hosts_slot(c, c->config.hosts.hosts_val[i].name);

		if (slot != c->cf.self &&
		    (slot < 0 || c->peers[slot].key_phase == KEY_UNKNOWN ||
			c->peers[slot].key_phase == KEY_NONE))
			return (0);
	}
	return (1);
}

/* ---- the primary: HOST records ---- */

static int
record(struct core *c, const evote_host_op *op)
{
	struct entry_header at = core_next_header(c);
	const char *name = op->name;
	struct record *r;

	if ((r = c->machine->host(c->arg, op, &at)) == NULL) {
		core_say(c, 1,
		    "key refused host=%s why=\"its host.key is no key, or "
		    "another host's\"",
		    name);
		return (-1);
	}
	core_append_record(c, r);
	core_say(c, 0, "key recorded host=%s epoch=%llu seq=%llu", name,
	    (unsigned long long)at.epoch, (unsigned long long)at.seq);
	return (0);
}

static int
record_key(struct core *c, const char *name, const void *id,
    const unsigned char key[32])
{
	evote_host_op op = {.name = (char *)name};

	memcpy(op.incarnation, id, sizeof(op.incarnation));
	memcpy(op.key, key, sizeof(op.key));
	return (record(c, &op));
}

/* Of hosts that were removed no signature is expected any more. */
static void
record_ends(struct core *c)
{
	const char *name;

	for (uint32_t i = 0; (name = c->machine->signer(c->arg, i)) != NULL;
	     i++) {
		evote_host_op op = {.name = (char *)name};

		if (config_host(&c->config, name) == NULL &&
		    record(c, &op) == 0)
			i = UINT32_MAX; /* from the first one again */
	}
}

void
cosign_begin(struct core *c)
{
	if (has_key(c) && c->cf.key_first && history_size(c->log) <= 2 &&
	    !in_use(c))
		(void)record_key(c, hosts_own_name(c), core_self(c), c->cf.key);
}

/* Of this host, of those in sync and of those that are about to be. */
void
cosign_record(struct core *c)
{
	unsigned char key[32];

	if (!c->keys_due)
		return;
	c->keys_due = 0;
	if (!has_key(c) || (!in_use(c) && !all_tell(c) && !BUG(RECORD_UNASKED)))
		return;
	if (!on_record(c, core_self(c), UINT64_MAX, key) && !c->key_refused)
		c->key_refused = record_key(c, hosts_own_name(c), core_self(c),
				     c->cf.key) == -1;
	for (int i = 0; i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		if (i == c->cf.self || p->key_phase != KEY_TOLD ||
		    !core_pushed(p) || !config_id_equal(p->id, p->key_id) ||
		    !config_listed(&c->config, c->cf.names[i]) ||
		    on_record(c, p->id, UINT64_MAX, key))
			continue;
		if (record_key(c, c->cf.names[i], p->id, p->key) == -1)
			p->key_phase = KEY_REFUSED;
	}
	record_ends(c);
}

int
cosign_may_join(const struct core *c, const struct peer *p)
{
	unsigned char key[32];

	return (BUG(JOIN_WITHOUT_KEY) || !in_use(c) ||
	    on_record(c, p->id, c->committed, key));
}

/* ---- the primary: asking ---- */

/* The committed size; a mutation takes more than is accepted for that. */
static uint64_t
size_to_sign(const struct core *c)
{
	return (BUG(SIGN_STORED) ? c->durable : c->committed);
}

static void
ask(struct core *c, int peer, uint64_t size)
{
	struct peer *p = &c->peers[peer];
	struct message *m = core_message(SAY_SIGN, 0);
	evote_sign *s = &m->u.sign;

	s->epoch = c->config.epoch;
	s->size = size;
	history_root(c->log, size, (unsigned char *)s->root);
	s->committed = c->committed;
	p->signing = 1;
	c->driver->call(c->arg, peer, m);
}

void
cosign_beat(struct core *c)
{
	c->keys_due = 1;
	for (int i = 0; has_key(c) && core_leads(c) && i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		if (i != c->cf.self && p->up && p->met && !p->signing &&
		    (p->key_phase == KEY_UNKNOWN ||
			(p->key_phase == KEY_TOLD &&
			    !config_id_equal(p->id, p->key_id))))
			ask(c, i, 0);
	}
}

int
core_cosign(struct core *c, evote_position *what)
{
	uint64_t size = size_to_sign(c);
	unsigned char key[32];
	int n = 0;

	if (c->role != EVOTE_PRIMARY)
		return (-1);
	core_position(c, size, what);
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];
		int slot = core_peer_of(c, m->incarnation);

		if (config_id_equal(m->incarnation, core_self(c)) ||
		    !on_record(c, m->incarnation, size, key))
			continue;
		n++;
		if (slot >= 0 && c->peers[slot].up &&
		    core_pushed(&c->peers[slot]) && !c->peers[slot].signing)
			ask(c, slot, size);
	}
	return (n);
}

void
cosign_heard(struct core *c, int peer, const evote_signed_by *s)
{
	struct peer *p = &c->peers[peer];

	p->signing = 0;
	if (s->size > 0) {
		if (core_leads(c) && config_id_equal(s->incarnation, p->id))
			c->driver->cosigned(c->arg, s);
		return;
	}
	memcpy(p->key_id, s->incarnation, sizeof(p->key_id));
	memcpy(p->key, s->key, sizeof(p->key));
	if (key_is_none((const unsigned char *)s->key))
		p->key_phase = KEY_NONE;
	else if (p->key_phase != KEY_REFUSED)
		p->key_phase = KEY_TOLD;
	c->keys_due = 1;
}

/* ---- the host that is asked ---- */

/*
 * Rule 20.  What is accepted stays, so no two roots of one size are ever
 * signed by an incarnation.
 */
static int
may_sign(const struct core *c, const evote_sign *s)
{
	unsigned char root[32], key[32];

	if (config_in_sync(&c->config, core_self(c)) < 0 ||
	    s->size > size_to_sign(c) || s->size > c->durable)
		return (0);
	history_root(c->log, s->size, root);
	return (memcmp(root, s->root, sizeof(root)) == 0 &&
	    on_record(c, core_self(c), s->size, key) &&
	    memcmp(key, c->cf.key, sizeof(key)) == 0);
}

void
cosign_answer(const struct core *c, const evote_sign *s, evote_taken heeded,
    evote_signed_by *out)
{
	if (!has_key(c))
		return; /* as a host of an older version */
	memcpy(out->incarnation, core_self(c), sizeof(out->incarnation));
	memcpy(out->key, c->cf.key, sizeof(out->key));
	out->size = s->size;
	memcpy(out->root, s->root, sizeof(out->root));
	out->taken = heeded;
	if (s->size == 0)
		out->taken = EVOTE_TAKEN;
	else if (heeded == EVOTE_TAKEN && !may_sign(c, s))
		out->taken = EVOTE_GAP;
}

/* ---- what is wrong ---- */

int
cosign_key_differs(const struct core *c)
{
	unsigned char key[32];

	return (has_key(c) && on_record(c, core_self(c), UINT64_MAX, key) &&
	    memcmp(key, c->cf.key, sizeof(key)) != 0);
}
