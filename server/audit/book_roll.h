#ifndef EVOTE_BOOK_ROLL_H
#define EVOTE_BOOK_ROLL_H

#include "server/audit/book.h"

/*
 * The roll's part of the book; each takes one record, and says what is wrong.
 */
struct book_voter *book_voter(const struct book *b, const char *name);
const char *book_register(struct book *b, const evote_voter *list, uint32_t n);
const char *book_strike(struct book *b, const char *name);
const char *book_unlock(struct book *b, const char *name);
const char *book_rekey(struct book *b, const evote_rekey_op *op);
void book_rows_forget(struct book *b);
const char *book_stage(struct book *b, const evote_stage_op *op);
const char *book_commit(struct book *b, const evote_commit *op);

#endif
