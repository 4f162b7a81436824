#ifndef EVOTE_PAGE_IMPL_H
#define EVOTE_PAGE_IMPL_H

#include "server/audit/page.h"

/* What the page for people and the one for programs share. */

/* The reason of a refusal: its name, or in words for the minutes. */
const char *page_reason(uint32_t reason, int name);
/* A damaged ledger may hold any name; NULL is "". */
const char *page_shown(const char *name, char out[EVOTE_TEXT_MAX + 1]);
/* Closed; one that was cancelled never has any. */
int page_has_counts(const struct book_poll *);
/* Votes that are in its counts. */
uint64_t page_counted(const struct book_poll *);

#endif
