#ifndef EVOTE_PROVED_H
#define EVOTE_PROVED_H

#include <sys/types.h>

#include "client/cmd.h"

/* What the commands about receipts and checkpoints share: who has signed. */
#define PROVED_SIGNERS 4200 /* bytes of a text about them */

/* Names by policy: those that have signed, or those that have not. */
void proved_names(const struct tlog_policy *, const struct tlog_verdict *,
    int have, char *out, size_t size);
/*
 * "alpha and beta", "alpha alone; beta has not signed", "no host; alpha and
 * beta have not signed", "the service alone, since no host has a key yet".
 */
void proved_signers(const struct tlog_policy *, const struct tlog_verdict *,
    char *out, size_t size);
/* What a receipt does not show when the service drew the salt; else "". */
const char *proved_blind(const struct evote_proof *);
/*
 * A step: ends the command if the service no longer continues what it has
 * signed before.  One whose hosts sign nothing yet has no proof, and goes on.
 */
int proved_ask(struct client *, struct evote *, struct evote_proof *);
/* The same for who needs no proof. */
int proved_continues(struct client *, struct evote *);
/* `signed_by` and `not_signed_by`; NULL is fine. */
void proved_json(
    cJSON *, const struct tlog_policy *, const struct tlog_verdict *);
/* `hosts`, their names and keys. */
void proved_hosts_json(cJSON *, const struct tlog_policy *);
/*
 * `file`, `record`, `choice_compared`, `size`, `root` and these, of a receipt
 * of our own.
 */
void proved_receipt_json(cJSON *, const struct evote_proof *);

/* Bytes of a file: more than a receipt, a checkpoint or a policy has. */
#define PROVED_MOST (RECEIPT_SIZE + 1)
/* A whole file, NUL-terminated, to be freed; NULL: told with *status. */
char *proved_file(struct client *, const char *path, size_t *len, int *status);
/*
 * A step.  What is there where one is to be written, to be freed: an earlier
 * one that begins with the same words, or nothing, and then *old is NULL.
 * Whatever else is there stays: links, pipes and devices, too.
 */
int proved_old(struct client *, const char *path, const char *head, char **old);
/* Likewise, and writes one, whole or not at all. */
int proved_write(struct client *, const char *path, const char *head,
    mode_t mode, const char *text);

#endif
