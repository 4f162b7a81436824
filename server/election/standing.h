#ifndef EVOTE_STANDING_H
#define EVOTE_STANDING_H

#include "server/election/voters.h"

/*
 * How voters stand on the roll, and how they would: below voters.c and
 * stage.c.
 *
 * A stage changes any number of voters at once, and nobody may wait for that.
 * So its rows are laid into the voters as they come: `other` keeps the second
 * standing.  Which of both holds is told by the stage alone, and a voter's
 * fields are changed over when somebody looks at him.  When that cannot be
 * undone any more, the second standing is forgotten, a few with each record.
 */

/* The voter of that name, known or not; his fields hold.  NULL: none. */
struct voter *standing_find(const struct voters *, const char *name);
/* Whether a row of a stage that does not hold is all there is of him. */
int standing_unknown(const struct voters *, const struct voter *);
/*
 * Finds him, or makes him; notes how he stood, and takes him out of any stage.
 * Whoever changes his key or whether he is registered calls standing_key then.
 */
struct voter *standing_take(
    struct voters *, const char *name, struct enrolment *old);
void standing_put_back(struct voters *, const struct enrolment *old);
void standing_key(struct voters *, struct voter *);
/* Lets the second standing be found by its key, and no more. */
void standing_add(struct voters *, struct standing *);
void standing_drop(struct voters *, struct standing *);
/* Tidies up to n voters: takes time, and changes nothing that can be seen. */
void standing_sweep(struct voters *, uint32_t n);

void voter_free(struct voter *);

#endif
