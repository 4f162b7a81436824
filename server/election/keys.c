#include "server/election/keys.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/record.h"
#include "server/election/mix.h"

static void
record_forget(struct key_record *k)
{
	free(k->leaf);
	free(k->name);
}

void
keys_clear(struct keys *ks)
{
	while (ks->n > 0)
		keys_add_undo(ks);
	free(ks->list);
	ks->list = NULL;
}

void
keys_add(struct keys *ks, const evote_leaf *leaf)
{
	const evote_host_op *host = &leaf->op.evote_op_u.host;
	struct key_record k = {.seq = leaf->seq};
	long len = xdr_to_bytes((xdrproc_t)xdr_evote_leaf, leaf, &k.leaf);

	assert(len > 0);
	k.leaf_len = (uint32_t)len;
	if (leaf->op.kind == EVOTE_OP_HOST) {
		k.name = need_copy(host->name);
		memcpy(k.incarnation, host->incarnation, sizeof(k.incarnation));
		memcpy(k.key, host->key, sizeof(k.key));
		memcpy(k.replaces, host->replaces, sizeof(k.replaces));
	} else
		k.name = need_copy("");
	ks->list = need_room(ks->list, ks->n, sizeof(*ks->list));
	ks->list[ks->n++] = k;
}

void
keys_add_undo(struct keys *ks)
{
	record_forget(&ks->list[--ks->n]);
}

static int
is_zero(const void *bytes, size_t len)
{
	static const unsigned char zero[SEAL_KEY];

	return (memcmp(bytes, zero, len) == 0);
}

int
keys_is_none(const evote_host_op *h)
{
	return (is_zero(h->incarnation, sizeof(h->incarnation)) ||
	    is_zero(h->key, sizeof(h->key)));
}

int
keys_is_end(const evote_host_op *h)
{
	return (is_zero(h->incarnation, sizeof(h->incarnation)) &&
	    is_zero(h->key, sizeof(h->key)));
}

int
keys_is_over(const struct key_record *k)
{
	return (is_zero(k->key, sizeof(k->key)));
}

const char *
keys_name(const struct keys *ks, uint32_t i)
{
	for (uint32_t j = 1; j < ks->n; j++) {
		const struct key_record *k = &ks->list[j];

		if (!keys_is_over(k) && keys_latest(ks, k->name) == k &&
		    i-- == 0)
			return (k->name);
	}
	return (NULL);
}

const struct key_record *
keys_latest(const struct keys *ks, const char *name)
{
	for (uint32_t i = ks->n; i-- > 1;)
		if (strcmp(ks->list[i].name, name) == 0)
			return (&ks->list[i]);
	return (NULL);
}

const struct key_record *
keys_of(const struct keys *ks, const unsigned char incarnation[16])
{
	for (uint32_t i = ks->n; i-- > 1;) {
		const struct key_record *k = &ks->list[i];

		if (memcmp(k->incarnation, incarnation, 16) == 0)
			return (keys_latest(ks, k->name) == k ? k : NULL);
	}
	return (NULL);
}

int
keys_some(const struct keys *k)
{
	return (k->n > 1);
}

int
keys_clash(const struct keys *ks, const evote_host_op *h)
{
	for (uint32_t i = 1; i < ks->n; i++) {
		const struct key_record *k = &ks->list[i];
		int same_host = memcmp(k->incarnation, h->incarnation,
				    sizeof(k->incarnation)) == 0;

		if (!keys_is_over(k) &&
		    same_host != (memcmp(k->key, h->key, SEAL_KEY) == 0))
			return (1);
	}
	return (0);
}

void
keys_mix(const struct keys *ks, unsigned char h[SEAL_HASH])
{
	mix_number(h, ks->n);
	for (uint32_t i = 0; i < ks->n; i++) {
		mix_number(h, ks->list[i].seq);
		mix(h, ks->list[i].leaf, ks->list[i].leaf_len);
	}
}
