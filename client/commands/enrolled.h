#ifndef EVOTE_ENROLLED_H
#define EVOTE_ENROLLED_H

#include "client/cmd.h"
#include "client/roll/groups.h"

/* Who is on the roll, for commands of operators that look before they act. */

/*
 * The page of the roll that args->first names, which then names the next, or is
 * 0 behind the last.  The caller frees it, also after a failure.
 */
enum clnt_stat enrolled_page(
    struct client *, CLIENT *, evote_roll_args *, evote_roll_res *);
/* admin_check of that; an election is named only for who has not voted. */
int enrolled_check(
    struct client *, enum clnt_stat, const evote_answer *, const char *what);
/* A step: hands on each voter of that page and of those after it. */
int enrolled_each(struct client *, evote_roll_args, const char *what,
    void (*take)(void *, const evote_voter *), void *arg);
/* The same, counted by groups. */
int enrolled_groups(
    struct client *, evote_roll_args, const char *what, struct groups *);
#define ENROLLED_ALL ((evote_roll_args){.group = "", .not_voted = ""})

/* Lists the groups, marks those that are alike. */
void enrolled_show(struct client *, struct groups *);
/* " (did you mean members?)", or "" when no group is like that one. */
#define ENROLLED_ASK (NAME_ROOM + 20)
void enrolled_ask(
    const struct groups *, const char *group, char out[ENROLLED_ASK]);

#endif
