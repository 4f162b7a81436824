#ifndef EVOTE_PROCEDURES_READ_H
#define EVOTE_PROCEDURES_READ_H

#include "server/procedures.h"

/* What anybody may read of the elections: rows of the table in procedures.c. */
struct record *read_result(
    struct server *, struct request *, const struct entry_header *);
struct record *read_pairs(
    struct server *, struct request *, const struct entry_header *);
struct record *read_list(
    struct server *, struct request *, const struct entry_header *);
struct record *read_show(
    struct server *, struct request *, const struct entry_header *);
struct record *read_options(
    struct server *, struct request *, const struct entry_header *);
struct record *read_empty(
    struct server *, struct request *, const struct entry_header *);
struct record *read_turnout(
    struct server *, struct request *, const struct entry_header *);
struct record *read_report(
    struct server *, struct request *, const struct entry_header *);
struct record *read_curve(
    struct server *, struct request *, const struct entry_header *);
struct record *read_sheet(
    struct server *, struct request *, const struct entry_header *);
struct record *read_life(
    struct server *, struct request *, const struct entry_header *);
struct record *read_lives(
    struct server *, struct request *, const struct entry_header *);

#endif
