#include "common/record.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/merkle.h"
#include "common/seal.h"

/* Most structures fit: they are encoded here before anything is allocated. */
#define SMALL 4096

/* Encoding only reads obj, although XDR routines take it without const. */
static long
encode(xdrproc_t proc, const void *obj, void *buf, size_t size)
{
	XDR xdrs;

	xdrmem_create(&xdrs, buf, (u_int)size, XDR_ENCODE);
	if (!proc(&xdrs, (void *)obj))
		return (-1);
	return ((long)xdr_getpos(&xdrs));
}

/*
 * Encodes into small if it fits, else into a new buffer, and points *bytes at
 * the one or the other.
 */
static long
encode_somewhere(xdrproc_t proc, const void *obj, unsigned char small[SMALL],
    unsigned char **bytes)
{
	unsigned char *big;
	size_t size;
	long len;

	*bytes = small;
	len = encode(proc, obj, small, SMALL);
	if (len >= 0)
		return (len);
	/* Too long, or a bound is broken; the latter has no size. */
	size = xdr_sizeof(proc, (void *)obj);
	if (size == 0 || (big = malloc(size)) == NULL)
		return (-1);
	len = encode(proc, obj, big, size);
	if (len < 0)
		free(big);
	else
		*bytes = big;
	return (len);
}

long
xdr_to_bytes(xdrproc_t proc, const void *obj, unsigned char **out)
{
	unsigned char small[SMALL], *bytes, *copy;
	long len;

	len = encode_somewhere(proc, obj, small, &bytes);
	if (len < 0)
		return (-1);
	if (bytes != small) {
		*out = bytes;
		return (len);
	}
	copy = malloc((size_t)len + 1);
	if (copy == NULL)
		return (-1);
	memcpy(copy, bytes, (size_t)len);
	*out = copy;
	return (len);
}

int
xdr_hash(xdrproc_t proc, const void *obj, unsigned char out[32])
{
	unsigned char small[SMALL], *bytes;
	struct seal_part part;
	long len;

	len = encode_somewhere(proc, obj, small, &bytes);
	if (len < 0)
		return (-1);
	part = (struct seal_part){bytes, (size_t)len};
	seal_hash(out, &part, 1);
	if (bytes != small)
		free(bytes);
	return (0);
}

/*
 * XDR takes any padding, any non-zero bool and strings with a NUL inside.
 * What is hashed and compared must have one form only: the one we would write.
 */
int
xdr_is_canonical(xdrproc_t proc, const void *obj, const void *bytes, size_t len)
{
	unsigned char small[SMALL], *again = small;
	int same;

	if (len > SMALL && (again = malloc(len)) == NULL)
		return (0);
	same = encode(proc, obj, again, len) == (long)len &&
	    memcmp(again, bytes, len) == 0;
	if (again != small)
		free(again);
	return (same);
}

int
xdr_from_bytes(xdrproc_t proc, void *obj, const void *bytes, size_t len)
{
	XDR xdrs;

	if (len <= EVOTE_CALL_MAX) {
		xdrmem_create(&xdrs, (void *)bytes, (u_int)len, XDR_DECODE);
		if (proc(&xdrs, obj) && xdr_getpos(&xdrs) == len &&
		    xdr_is_canonical(proc, obj, bytes, len))
			return (0);
	}
	xdr_free(proc, obj);
	return (-1);
}

/* ---- the private part ---- */

xdrproc_t
opening_xdr(evote_op_kind kind)
{
	switch (kind) {
	case EVOTE_OP_VOTE:
		return ((xdrproc_t)xdr_evote_opening);
	case EVOTE_OP_BALLOT:
		return ((xdrproc_t)xdr_evote_opening2);
	default:
		return (NULL);
	}
}

int
opening_fits(const union opening *o, evote_op_kind kind, const evote_ballot *b)
{
	int vote = kind == EVOTE_OP_VOTE;
	const char *domain = vote ? o->vote.domain : o->ballot.domain;
	const char *election = vote ? o->vote.election : o->ballot.election;
	unsigned char hash[SEAL_HASH];

	return (
	    strcmp(domain, vote ? "evote opening 1" : "evote opening 2") == 0 &&
	    strcmp(election, b->election) == 0 &&
	    xdr_hash(opening_xdr(kind), o, hash) == 0 &&
	    memcmp(hash, b->commitment, sizeof(hash)) == 0);
}

/* ---- records ---- */

static struct record *
record_new(const evote_leaf *leaf, const void *leaf_bytes, uint32_t leaf_len,
    const void *opening_bytes, uint32_t opening_len)
{
	struct record *r;

	r = malloc(sizeof(*r) + leaf_len + opening_len);
	if (r == NULL)
		return (NULL);
	r->refs = 1;
	r->seq = leaf->seq;
	r->epoch = leaf->epoch;
	r->time = leaf->time;
	r->leaf_len = leaf_len;
	r->opening_len = opening_len;
	memcpy(r->bytes, leaf_bytes, leaf_len);
	if (opening_len > 0)
		memcpy(r->bytes + leaf_len, opening_bytes, opening_len);
	merkle_leaf_hash(r->hash, r->bytes, leaf_len);
	return (r);
}

struct record *
record_make(evote_leaf *leaf, union opening *opening)
{
	unsigned char leaf_small[SMALL], opening_small[SMALL];
	unsigned char *leaf_bytes;
	long leaf_len, opening_len = 0;
	struct record *r = NULL;

	assert(leaf->format == EVOTE_LEAF_FORMAT);
	leaf_len = encode_somewhere(
	    (xdrproc_t)xdr_evote_leaf, leaf, leaf_small, &leaf_bytes);
	if (leaf_len < 0)
		return (NULL);
	if (opening != NULL && opening_xdr(leaf->op.kind) == NULL)
		opening_len = -1;
	else if (opening != NULL)
		opening_len = encode(opening_xdr(leaf->op.kind), opening,
		    opening_small, sizeof(opening_small));
	if (leaf_len <= EVOTE_LEAF_MAX && opening_len >= 0 &&
	    opening_len <= EVOTE_PRIVATE_MAX)
		r = record_new(leaf, leaf_bytes, (uint32_t)leaf_len,
		    opening_small, (uint32_t)opening_len);
	if (leaf_bytes != leaf_small)
		free(leaf_bytes);
	return (r);
}

/* The fields that every leaf begins with. */
static int
head_read(evote_leaf *l, const void *leaf, uint32_t len)
{
	XDR xdrs;

	xdrmem_create(&xdrs, (void *)leaf, len, XDR_DECODE);
	return (xdr_u_int(&xdrs, &l->format) && xdr_u_quad_t(&xdrs, &l->seq) &&
	    xdr_u_quad_t(&xdrs, &l->epoch) && xdr_u_quad_t(&xdrs, &l->time));
}

struct record *
record_read(const void *leaf, uint32_t leaf_len, const void *opening,
    uint32_t opening_len)
{
	evote_leaf l;

	if (leaf_len > EVOTE_LEAF_MAX || opening_len > EVOTE_PRIVATE_MAX ||
	    !head_read(&l, leaf, leaf_len) || l.format != EVOTE_LEAF_FORMAT)
		return (NULL);
	return (record_new(&l, leaf, leaf_len, opening, opening_len));
}

int
record_open(const struct record *r, evote_leaf *leaf, union opening *opening)
{
	xdrproc_t proc;

	memset(leaf, 0, sizeof(*leaf));
	memset(opening, 0, sizeof(*opening));
	if (xdr_from_bytes((xdrproc_t)xdr_evote_leaf, leaf, record_leaf(r),
		r->leaf_len) == -1) {
		memset(leaf, 0, sizeof(*leaf));
		return (-1);
	}
	proc = opening_xdr(leaf->op.kind);
	if (r->opening_len > 0 &&
	    (proc == NULL ||
		xdr_from_bytes(
		    proc, opening, record_opening(r), r->opening_len) == -1)) {
		memset(opening, 0, sizeof(*opening));
		record_clear(leaf, opening);
		return (-1);
	}
	return (0);
}

void
record_clear(evote_leaf *leaf, union opening *opening)
{
	xdrproc_t proc = opening_xdr(leaf->op.kind);

	if (proc != NULL)
		xdr_free(proc, opening);
	xdr_free((xdrproc_t)xdr_evote_leaf, leaf);
	memset(leaf, 0, sizeof(*leaf));
	memset(opening, 0, sizeof(*opening));
}

int
record_is_whole(const struct record *r)
{
	evote_leaf leaf;
	union opening opening;

	if (record_open(r, &leaf, &opening) == -1)
		return (0);
	record_clear(&leaf, &opening);
	return (1);
}

#define BEGINS_ALIKE(t)                                                     \
	static_assert(                                                      \
	    offsetof(t, signature) == offsetof(evote_create_op, signature), \
	    "begins as evote_create_op does")
BEGINS_ALIKE(evote_open_op);
BEGINS_ALIKE(evote_extend_op);
BEGINS_ALIKE(evote_cancel_op);
BEGINS_ALIKE(evote_vote_op);

int
record_asked(const evote_leaf *leaf, struct asked *to)
{
	const evote_op *op = &leaf->op;
	evote_act *act = &to->act;

	to->asker = &op->evote_op_u.create.asker;
	to->signature = &op->evote_op_u.create.signature;
	switch (op->kind) {
	case EVOTE_OP_CREATE:
		act->kind = EVOTE_ACT_CREATE;
		act->evote_act_u.election = op->evote_op_u.create.election;
		return (1);
	case EVOTE_OP_OPEN:
		act->kind = EVOTE_ACT_OPEN;
		act->evote_act_u.terms = op->evote_op_u.open.terms;
		return (1);
	case EVOTE_OP_EXTEND:
		act->kind = EVOTE_ACT_EXTEND;
		act->evote_act_u.extension = op->evote_op_u.extend.extension;
		return (1);
	case EVOTE_OP_CANCEL:
		act->kind = EVOTE_ACT_CANCEL;
		act->evote_act_u.cancellation =
		    op->evote_op_u.cancel.cancellation;
		return (1);
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
		act->kind = op->kind == EVOTE_OP_VOTE ? EVOTE_ACT_VOTE
						      : EVOTE_ACT_BALLOT;
		act->evote_act_u.ballot = op->evote_op_u.vote.ballot;
		return (1);
	default:
		return (0);
	}
}

struct record *
record_hold(struct record *r)
{
	assert(r->refs > 0);
	r->refs++;
	return (r);
}

void
record_drop(struct record *r)
{
	if (r == NULL)
		return;
	assert(r->refs > 0);
	if (--r->refs == 0)
		free(r);
}
