#include "replica/link/session.h"

#include <endian.h>
#include <string.h>

#include "common/seal.h"

enum direction { DIR_CALL = 0, DIR_REPLY = 1 };

static const char callee_label[] = "evote callee 1";
static const char session_label[] = "evote session 1";

/*
 * HMAC(key, label | caller | callee | both nonces | tail): strings with their
 * NUL.
 */
static void
greeting_mac(const struct session *s, const unsigned char cluster_key[32],
    const char *label, struct seal_part tail, unsigned char out[32])
{
	const struct seal_part parts[] = {
	    {label, strlen(label) + 1},
	    {s->caller, strlen(s->caller) + 1},
	    {s->callee, strlen(s->callee) + 1},
	    {s->nonce, sizeof(s->nonce)},
	    tail,
	};

	seal_mac(out, cluster_key, 32, parts, sizeof(parts) / sizeof(*parts));
}

static void
callee_mac(const struct session *s, const unsigned char cluster_key[32],
    evote_refusal refusal, unsigned char out[32])
{
	const uint32_t refusal_be = htobe32((uint32_t)refusal);
	const struct seal_part tail = {&refusal_be, sizeof(refusal_be)};

	greeting_mac(s, cluster_key, callee_label, tail, out);
}

static void
derive_key(struct session *s, const unsigned char cluster_key[32])
{
	const struct seal_part none = {"", 0};

	greeting_mac(s, cluster_key, session_label, none, s->key);
}

static void
message_mac(const struct session *s, enum direction dir, uint32_t proc,
    uint64_t order, const void *body, uint32_t len, unsigned char out[32])
{
	const unsigned char dir_byte = dir;
	const uint32_t proc_be = htobe32(proc);
	const uint64_t order_be = htobe64(order);
	const struct seal_part parts[] = {
	    {&dir_byte, sizeof(dir_byte)},
	    {&proc_be, sizeof(proc_be)},
	    {&order_be, sizeof(order_be)},
	    {body, len},
	};

	seal_mac(
	    out, s->key, sizeof(s->key), parts, sizeof(parts) / sizeof(*parts));
}

/* A name over the limit is cut short, and then opens nothing anywhere. */
static void
names_set(struct session *s, const char *caller, const char *callee)
{
	memset(s, 0, sizeof(*s));
	strncpy(s->caller, caller, sizeof(s->caller) - 1);
	strncpy(s->callee, callee, sizeof(s->callee) - 1);
}

void
session_begin(struct session *s, const char *caller, const char *callee,
    evote_open_args *args)
{
	names_set(s, caller, callee);
	seal_random(s->nonce[0], sizeof(s->nonce[0]));
	args->caller = s->caller;
	args->callee = s->callee;
	memcpy(args->nonce, s->nonce[0], sizeof(args->nonce));
}

int
session_accept(struct session *s, const unsigned char cluster_key[32],
    const evote_open_res *res)
{
	unsigned char mac[32];

	if ((unsigned)res->refusal >= EVOTE_REFUSAL_NR)
		return (-1);
	memcpy(s->nonce[1], res->nonce, sizeof(s->nonce[1]));
	callee_mac(s, cluster_key, res->refusal, mac);
	if (!seal_equal(mac, res->mac, sizeof(mac)))
		return (-1);
	derive_key(s, cluster_key);
	return (0);
}

static evote_refusal
refusal_of(const char *self, int listed, const evote_open_args *args)
{
	if (strcmp(args->caller, self) == 0)
		return (EVOTE_REFUSED_SAME_NAME);
	if (strcmp(args->callee, self) != 0)
		return (EVOTE_REFUSED_NOT_MEANT);
	return (listed ? EVOTE_NOT_REFUSED : EVOTE_REFUSED_UNLISTED);
}

evote_refusal
session_answer(struct session *s, const unsigned char cluster_key[32],
    const char *self, int listed, const evote_open_args *args,
    evote_open_res *res)
{
	memset(res, 0, sizeof(*res));
	names_set(s, args->caller, args->callee);
	memcpy(s->nonce[0], args->nonce, sizeof(s->nonce[0]));
	seal_random(s->nonce[1], sizeof(s->nonce[1]));
	res->refusal = refusal_of(self, listed, args);
	memcpy(res->nonce, s->nonce[1], sizeof(res->nonce));
	callee_mac(s, cluster_key, res->refusal, (unsigned char *)res->mac);
	derive_key(s, cluster_key);
	return (res->refusal);
}

static void
message_seal(struct session *s, enum direction dir, uint32_t proc,
    uint64_t order, const void *body, uint32_t len, evote_sealed *out)
{
	out->order = order;
	out->body.body_len = len;
	out->body.body_val = (char *)body;
	message_mac(s, dir, proc, order, body, len, (unsigned char *)out->mac);
}

static int
message_check(const struct session *s, enum direction dir, uint32_t proc,
    uint64_t order, const evote_sealed *in)
{
	unsigned char mac[32];

	if (in->order != order)
		return (-1);
	message_mac(
	    s, dir, proc, order, in->body.body_val, in->body.body_len, mac);
	return (seal_equal(mac, in->mac, sizeof(mac)) ? 0 : -1);
}

/* A host that does not know SIGN does not count its calls. */
static int
lane(uint32_t proc)
{
	return (proc == EVOTE_REPLICA_SIGN);
}

void
session_seal_call(struct session *s, uint32_t proc, const void *body,
    uint32_t len, evote_sealed *out)
{
	message_seal(s, DIR_CALL, proc, ++s->sent[lane(proc)], body, len, out);
}

void
session_seal_reply(struct session *s, uint32_t proc, uint64_t order,
    const void *body, uint32_t len, evote_sealed *out)
{
	message_seal(s, DIR_REPLY, proc, order, body, len, out);
}

int
session_check_call(struct session *s, uint32_t proc, const evote_sealed *in)
{
	uint64_t *heard = &s->heard[lane(proc)];

	if (message_check(s, DIR_CALL, proc, *heard + 1, in) != 0)
		return (-1);
	++*heard;
	return (0);
}

int
session_check_reply(
    struct session *s, uint32_t proc, uint64_t order, const evote_sealed *in)
{
	return (message_check(s, DIR_REPLY, proc, order, in));
}
