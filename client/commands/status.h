#ifndef EVOTE_STATUS_H
#define EVOTE_STATUS_H

#include "client/cmd.h"
#include "client/lib/explain.h"
#include "client/survey.h"

/* How `status` shows what it found: a table for people, JSON for programs. */

void status_table(struct client *, const struct survey *);
/* rate: records a second, below 0 when it is not known. */
void status_json(struct client *, const struct survey *, double rate);

void status_explain_say(
    struct client *, const char *name, const struct explain *);
void status_explain_json(cJSON *host, const struct explain *);

#endif
