#ifndef EVOTE_RECORD_H
#define EVOTE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "evote.h"

/*
 * A record as it is stored and sent: the canonical bytes of its leaf and of
 * its private part.  Counted references, held and dropped on one thread only;
 * others may read the bytes meanwhile.
 */
struct record {
	unsigned refs;
	uint64_t seq;
	uint64_t epoch;
	uint64_t time; /* us */
	uint32_t leaf_len;
	uint32_t opening_len;	/* 0: no private part */
	unsigned char hash[32]; /* Merkle leaf hash */
	unsigned char bytes[];	/* leaf, then opening */
};

/* Where a record would stand. */
struct entry_header {
	uint64_t seq;
	uint64_t epoch;
	uint64_t time; /* us */
};

/* The private part of a record, decoded; which one, the leaf's kind says. */
union opening {
	evote_opening vote;    /* VOTE */
	evote_opening2 ballot; /* BALLOT */
};
/* Of either; NULL: records of this kind have no private part. */
xdrproc_t opening_xdr(evote_op_kind);
/*
 * 1 when it is of its own kind, about that election, and what the commitment is
 * the hash of.
 */
int opening_fits(
    const union opening *, evote_op_kind, const evote_ballot *committed);

/*
 * From structures to bytes.  opening may be NULL.  NULL when something is
 * over its limit.
 */
struct record *record_make(evote_leaf *leaf, union opening *opening);
/*
 * From bytes, of the disk or a peer.  NULL unless they begin as a leaf whose
 * format is known.  Whether they are one is seen when they are opened, which
 * the election does before it takes a record; that the opening fits the leaf
 * is the election's to check, too.
 */
struct record *record_read(const void *leaf, uint32_t leaf_len,
    const void *opening, uint32_t opening_len);
/*
 * Decodes into *leaf (and *opening, zeroed when there is none); the caller
 * frees with record_clear.  0, or -1 unless both are the canonical encoding,
 * also when there is a private part that a record of its kind does not have.
 */
int record_open(
    const struct record *, evote_leaf *leaf, union opening *opening);
void record_clear(evote_leaf *leaf, union opening *opening);
int record_is_whole(const struct record *); /* 1: it can be opened */

/*
 * What a voter asked, or an operator (then the asker is empty), if a leaf is
 * the record of that; all of it is borrowed from the leaf.
 */
struct asked {
	const evote_asker *asker;
	const evote_signature *signature; /* none: by token, or an operator */
	evote_act act;
};
/* 1, or 0: it is of something else. */
int record_asked(const evote_leaf *, struct asked *);

struct record *record_hold(struct record *);
void record_drop(struct record *); /* NULL is fine */

static inline const unsigned char *
record_leaf(const struct record *r)
{
	return (r->bytes);
}

static inline const unsigned char *
record_opening(const struct record *r)
{
	return (r->bytes + r->leaf_len);
}

/*
 * Canonical XDR of any structure.  *out is malloc'd (a spare byte at the end
 * makes it never NULL).  Returns the length, or -1 when a bound is broken.
 */
long xdr_to_bytes(xdrproc_t proc, const void *obj, unsigned char **out);
/* Into a zeroed *obj.  0, or -1 unless the bytes are exactly one encoding; then
   nothing is left allocated. */
int xdr_from_bytes(xdrproc_t proc, void *obj, const void *bytes, size_t len);
/* 1 when *obj, decoded from these len bytes, is encoded as just them. */
int xdr_is_canonical(
    xdrproc_t proc, const void *obj, const void *bytes, size_t len);
/* SHA-256 of the canonical XDR; -1 when a bound is broken. */
int xdr_hash(xdrproc_t proc, const void *obj, unsigned char out[32]);

#endif
