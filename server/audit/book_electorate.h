#ifndef EVOTE_BOOK_ELECTORATE_H
#define EVOTE_BOOK_ELECTORATE_H

#include "server/audit/book.h"

/* Who may vote in an election, as the book has it. */

/* Fixes that. */
void book_electorate_fix(const struct book *, struct book_poll *);
/* Whether he may vote in an open one of those for which that was fixed. */
int book_electorate_keeps(const struct book *, const struct book_voter *);
/* What is wrong with a vote of this voter (NULL: unknown), or NULL. */
const char *book_electorate_refuses(
    const struct book_poll *, const struct book_voter *);

#endif
