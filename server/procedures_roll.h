#ifndef EVOTE_PROCEDURES_ROLL_H
#define EVOTE_PROCEDURES_ROLL_H

#include "server/procedures.h"

/* What operators ask about the roll: rows of the table in procedures.c. */
struct record *roll_register(
    struct server *, struct request *, const struct entry_header *);
struct record *roll_member(
    struct server *, struct request *, const struct entry_header *);
struct record *roll_voters(
    struct server *, struct request *, const struct entry_header *);
struct record *roll_rekey(
    struct server *, struct request *, const struct entry_header *);
struct record *roll_stage(
    struct server *, struct request *, const struct entry_header *);
struct record *roll_commit(
    struct server *, struct request *, const struct entry_header *);
struct record *roll_page(
    struct server *, struct request *, const struct entry_header *);

#endif
