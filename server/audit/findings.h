#ifndef EVOTE_FINDINGS_H
#define EVOTE_FINDINGS_H

#include <stdint.h>

/* What an audit finds wrong: each a sentence, and what to do about its kind. */
enum finding_kind {
	FINDING_FILE,	   /* the disk gives back what was not written */
	FINDING_ORDER,	   /* records are missing, doubled or out of place */
	FINDING_RULES,	   /* what was accepted breaks the rules of the vote */
	FINDING_SIGNATURE, /* a voter's is forged */
	FINDING_NOTE,	   /* the checkpoint is not signed as it should be */
	FINDING_QUORUM,	   /* fewer hosts have signed than the policy wants */
	FINDING_COUNTS,	   /* two ways to count differ */
	FINDING_CLAIM,	   /* others were told something else of this ledger */
	FINDING_KINDS
};

#define FINDINGS_MAX   100 /* kept; the others are only counted */
#define FINDING_NO_SEQ UINT64_MAX

struct finding {
	enum finding_kind kind;
	uint64_t seq; /* the record's, or FINDING_NO_SEQ */
	char *text;   /* whole sentences */
};

struct findings {
	struct finding list[FINDINGS_MAX];
	uint32_t n;
	uint64_t total;
	uint32_t kinds; /* a bit for each kind that was met */
};

void findings_add(struct findings *, enum finding_kind, uint64_t seq,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* By record, those without one last. */
void findings_sort(struct findings *);
/* Whether anything of the ledger itself is wrong, and not of a checkpoint. */
int findings_of_ledger(const struct findings *);
const char *finding_advice(enum finding_kind);
void findings_clear(struct findings *);

#endif
