#include "server/audit/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/need.h"
#include "common/text.h"

static const char *const advice[FINDING_KINDS] = {
    [FINDING_FILE] =
	"The disk does not hold what was written to it. Audit the other "
	"hosts' directories; if one holds, move this directory aside and let "
	"this host join again from there.",
    [FINDING_ORDER] =
	"The ledger was changed outside of evote, or copied while it was in "
	"use. Keep this directory as evidence and audit the other hosts' "
	"directories.",
    [FINDING_RULES] =
	"The service does not accept such a record: somebody who holds the "
	"cluster key or can write to the disk has made it. Keep this "
	"directory as evidence, and compare the roots of all hosts and of "
	"signed checkpoints.",
    [FINDING_SIGNATURE] =
	"A signature that does not verify cannot come from whom it names. "
	"Keep this directory as evidence, and ask the voter.",
    [FINDING_NOTE] =
	"The checkpoint proves nothing by itself. Check that the policy is "
	"this service's, and ask from whom the checkpoint came.",
    [FINDING_QUORUM] =
	"Perhaps the policy is of another time: a host that was lost and "
	"replaced signs with another key since then. Take the policy of that "
	"time, which the command in the finding prints, and audit again.",
    [FINDING_COUNTS] =
	"Two ways to count differ. Do not announce a result; keep this "
	"directory and report it to whoever maintains evote.",
    [FINDING_CLAIM] =
	"What was said of this ledger does not hold for it: it is an older "
	"copy, another service's, or it was changed. Keep all of it as "
	"evidence and audit the other hosts' directories.",
};

__attribute__((format(printf, 4, 5))) void
findings_add(struct findings *f, enum finding_kind kind, uint64_t seq,
    const char *fmt, ...)
{
	struct finding *new = &f->list[f->n];
	char text[1024];
	va_list ap;

	f->total++;
	f->kinds |= 1u << kind;
	if (f->n == FINDINGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_harmless(text);
	*new = (struct finding){kind, seq, need_copy(text)};
	f->n++;
}

static int
by_seq(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return (x->seq < y->seq ? -1 : x->seq > y->seq);
}

void
findings_sort(struct findings *f)
{
	qsort(f->list, f->n, sizeof(f->list[0]), by_seq);
}

int
findings_of_ledger(const struct findings *f)
{
	return ((f->kinds & ~(1u << FINDING_NOTE | 1u << FINDING_QUORUM)) != 0);
}

const char *
finding_advice(enum finding_kind kind)
{
	return (advice[kind]);
}

void
findings_clear(struct findings *f)
{
	while (f->n > 0)
		free(f->list[--f->n].text);
	*f = (struct findings){0};
}
