#ifndef EVOTE_BOOK_LIFE_H
#define EVOTE_BOOK_LIFE_H

#include "server/audit/book.h"

/* The elections of a book, and what records say of their lives. */

struct book_poll *book_poll(const struct book *, const char *name); /* NULL */
/* CREATE, OPEN, START, EXTEND, CANCEL, CLOSE, SETTINGS; as book_take. */
const char *book_life(struct book *, const evote_leaf *, struct book_entry *);
/* What is wrong with a vote there at that time, or NULL. */
const char *book_shut(const struct book_poll *, const evote_leaf *vote);
void book_poll_free(struct book_poll *);

#endif
