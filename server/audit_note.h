#ifndef EVOTE_AUDIT_NOTE_H
#define EVOTE_AUDIT_NOTE_H

#include "common/merkle.h"
#include "common/seal.h"
#include "server/audit/book.h"
#include "server/audit/findings.h"

/* A signed checkpoint that a ledger is compared with. */
struct audit_note;

/*
 * The checkpoint in that file, or in a receipt; the policy file may be NULL.
 * NULL: why is in err, one sentence without its full stop.
 */
struct audit_note *audit_note_read(
    const char *file, const char *policy, char *err, size_t errlen);
void audit_note_free(struct audit_note *); /* NULL is fine */

/*
 * Whether it is this ledger's, of these records, and signed as it should be: 1,
 * which proves that they were accepted.  0: no, or there is no policy: then its
 * signatures are compared with the hosts' keys on record, and with the log's if
 * that is known.
 */
int audit_note_check(struct audit_note *, const struct merkle *,
    const struct book *, const unsigned char log[SEAL_KEY], struct findings *);
uint64_t audit_note_size(const struct audit_note *);
/* Who signed it, to be freed: "signed by the log and by alpha, beta". */
char *audit_note_signers(const struct audit_note *);
/* Which of its signatures nobody has checked, or NULL. */
const char *audit_note_unchecked(const struct audit_note *);

#endif
