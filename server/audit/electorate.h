#ifndef EVOTE_ELECTORATE_H
#define EVOTE_ELECTORATE_H

#include "server/audit/book.h"

/* Who may vote in an election, as the book has it. */

/* Fixes that. */
void electorate_fix(const struct book *, struct book_poll *);
/* Whether he may vote in an open one of those for which that was fixed. */
int electorate_keeps(const struct book *, const struct book_voter *);
/* What is wrong with a vote of this voter (NULL: unknown), or NULL. */
const char *electorate_refuses(
    const struct book_poll *, const struct book_voter *);

#endif
