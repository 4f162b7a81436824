#include "server/checkpoint.h"

#include <string.h>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/need.h"
#include "server/signing.h"

#define EVERY_MS   50
#define GIVE_UP_MS 500 /* for hosts in sync that have not signed */
#define EARLIER	   32  /* kept behind the latest: of 1.6 s at the most */

struct checkpoints {
	struct checkpoint latest;
	struct checkpoint earlier[EARLIER]; /* at number % EARLIER */
	int wanted;
	uint64_t begun_ms; /* the last one, or the last attempt */
	/* The one that is being made. */
	int open;
	struct checkpoint next;
	evote_position what;
	int awaited; /* hosts that have not answered, */
	int missing; /* and those that will not sign */
	char log[NOTE_NAME];
};

struct checkpoints *
checkpoints_new(void)
{
	return (need_zeroed(1, sizeof(struct checkpoints)));
}

void
checkpoints_free(struct checkpoints *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < EARLIER; i++)
		free(c->earlier[i].note);
	free(c->latest.note);
	free(c->next.note);
	free(c);
}

const struct checkpoint *
checkpoint_latest(const struct server *s)
{
	return (&s->checkpoints->latest);
}

const struct checkpoint *
checkpoint_of(const struct server *s, uint64_t size)
{
	const struct checkpoints *c = s->checkpoints;

	for (int i = 0; i < EARLIER; i++)
		if (c->earlier[i].number > 0 && c->earlier[i].size == size)
			return (&c->earlier[i]);
	return (NULL);
}

uint64_t
checkpoint_begun(const struct server *s)
{
	return (s->checkpoints->next.number);
}

static void
publish(struct checkpoints *c)
{
	struct checkpoint *old = &c->earlier[c->latest.number % EARLIER];

	c->next.whole = c->awaited == 0 && c->missing == 0;
	free(old->note);
	*old = c->latest;
	c->latest = c->next;
	c->next.note = NULL;
	c->open = 0;
}

/* Rule 20: with a key that is on record within. */
static void
sign_self(struct server *s, const char *text)
{
	struct checkpoints *c = s->checkpoints;
	const unsigned char *own = signing_host_key(s->signing);
	const struct key_record *k =
	    keys_of(election_keys(s->election), s->dir.incarnation);
	uint64_t time_s = s->wall_us / 1000000;
	unsigned char sig[SEAL_SIG];

	if (k == NULL || k->seq >= c->what.size ||
	    memcmp(k->key, own, SEAL_KEY) != 0)
		return;
	signing_cosign(s->signing, text, time_s, sig);
	if (signing_add(c->next.note, c->log, k->name, own, time_s, sig) == -1)
		c->missing++;
}

static void
begin(struct server *s)
{
	struct checkpoints *c = s->checkpoints;
	const evote_genesis *g = election_genesis(s->election);
	char text[NOTE_TEXT];
	int others = core_cosign(s->core, &c->what);

	c->begun_ms = s->now_ms;
	if (others == -1 ||
	    signing_text(g, c->what.size, c->what.root, c->log, text) == -1 ||
	    signing_begin(s->signing, c->log, text, &c->next.note) == -1)
		return; /* it is tried again while anybody waits */
	crash_at("checkpoint-begun");
	c->open = 1;
	c->awaited = others;
	c->missing = 0;
	c->next.number++;
	c->next.size = c->what.size;
	c->next.epoch = core_epoch(s->core);
	c->next.begun_ms = s->now_ms;
	sign_self(s, text);
	if (c->awaited == 0)
		publish(c);
}

void
checkpoint_cosigned(struct server *s, const evote_signed_by *by)
{
	struct checkpoints *c = s->checkpoints;
	const struct key_record *k = keys_of(
	    election_keys(s->election), (const unsigned char *)by->incarnation);

	if (!c->open || by->size != c->what.size ||
	    memcmp(by->root, c->what.root, sizeof(by->root)) != 0)
		return;
	if (by->taken != EVOTE_TAKEN || k == NULL ||
	    by->signature.evote_signature_len != SEAL_SIG ||
	    signing_add(c->next.note, c->log, k->name, k->key, by->time,
		(const unsigned char *)by->signature.evote_signature_val) ==
		-1) {
		log_debug("checkpoint size=%llu not signed by=%s",
		    (unsigned long long)by->size, k == NULL ? "" : k->name);
		c->missing++;
	}
	if (--c->awaited == 0)
		publish(c);
}

void
checkpoint_run(struct server *s, int wanted)
{
	struct checkpoints *c = s->checkpoints;

	c->wanted = wanted;
	if (c->open && s->now_ms - c->begun_ms >= GIVE_UP_MS)
		publish(c);
	if (!c->open && c->wanted && s->now_ms - c->begun_ms >= EVERY_MS)
		begin(s);
}

int
checkpoint_wait_ms(const struct server *s)
{
	const struct checkpoints *c = s->checkpoints;
	uint64_t due = c->begun_ms + (c->open ? GIVE_UP_MS : EVERY_MS);

	if (!c->open && !c->wanted)
		return (-1);
	return (due > s->now_ms ? (int)(due - s->now_ms) : 0);
}
