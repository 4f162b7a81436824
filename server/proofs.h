#ifndef EVOTE_PROOFS_H
#define EVOTE_PROOFS_H

#include "server/procedures.h"
#include "server/store/disk.h"

/*
 * CHECKPOINT, RECEIPT, PROVE and KEYS: each is carried out as any reading, and
 * then held until a checkpoint has what it is about, with all signatures that
 * can be had; or until two seconds are over.  Strangers may ask, so it must be
 * cheap: however many wait, they share the checkpoints.
 */
struct proofs;

struct proofs *proofs_new(void);
void proofs_free(struct proofs *); /* NULL is fine */
/* They are on their way to the disk: receipts of them will be asked for. */
void proofs_keep(struct proofs *, struct record *const *, uint32_t n);

/* As procedures.h has it. */
struct record *proof_checkpoint(
    struct server *, struct request *, const struct entry_header *);
struct record *proof_receipt(
    struct server *, struct request *, const struct entry_header *);
struct record *proof_prove(
    struct server *, struct request *, const struct entry_header *);
struct record *proof_keys(
    struct server *, struct request *, const struct entry_header *);

/* One of the four. */
int proof_is(const struct request *);
/* Completes what XDR needs in a result without a proof. */
void proof_complete(struct request *);
void proof_clear(struct request *);

/*
 * What it observed is accepted, and now it waits: 0; 1 when it is answered at
 * once, as nothing can be done for it; -1: too many wait.
 */
int proofs_hold(struct server *, struct request *);
/* The record that one of them needs: 1, or 0 when nobody here asked for it. */
int proofs_loaded(struct server *, const struct disk_done *);
/*
 * One that need not wait any more, with its result filled, or NULL.  When this
 * host does not serve any more, that is each of them.
 */
struct request *proofs_next(struct server *);
/* How many wait; and each of them, at the end. */
uint32_t proofs_held(const struct server *);
struct request *proofs_drain(struct server *);

#endif
