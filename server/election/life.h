#ifndef EVOTE_LIFE_H
#define EVOTE_LIFE_H

#include "server/election/polls.h"

/*
 * An election's life: it opens, is extended, and closes or is cancelled.  What
 * changes is taken back by the _undo, the newest first.
 */

/* It opens: its electorate is fixed, if the options say so. */
void poll_begin(struct poll *, struct voters *, evote_moment);
/* The same of a planned one, whose time has come. */
void life_start(struct polls *, struct poll *, struct voters *, evote_moment);
void life_start_undo(struct polls *, struct poll *);
/* By whom: NULL is an operator.  The text is copied. */
void life_extend(struct polls *, struct poll *, const evote_extension *,
    struct voter *by, evote_moment);
void life_extend_undo(struct polls *, struct poll *);
/* These count who is eligible: O(voters), which is why it is done once. */
void life_close(
    struct polls *, struct poll *, const struct voters *, evote_moment);
void life_cancel(struct polls *, struct poll *, const struct voters *,
    const char *reason, struct voter *by, evote_moment);
void life_end_undo(struct polls *, struct poll *); /* of both */
void life_clear(struct poll *);

/* GET_LIFE's (NULL: there is none), and LIST_LIVES'. */
void life_show(const struct poll *, evote_life_res *);
void life_page(const struct polls *, uint32_t first, evote_lives_res *);
void life_mix(const struct poll *, unsigned char h[SEAL_HASH]);

#endif
