#ifndef EVOTE_PROCEDURES_LIFE_H
#define EVOTE_PROCEDURES_LIFE_H

#include "server/procedures.h"

/* What operators decide about elections: rows of the table in procedures.c. */
struct record *life_settings(
    struct server *, struct request *, const struct entry_header *);
struct record *life_preview(
    struct server *, struct request *, const struct entry_header *);
/* OPEN_ANY, EXTEND_ANY, CANCEL_ANY. */
struct record *life_any(
    struct server *, struct request *, const struct entry_header *);

#endif
