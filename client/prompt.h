#ifndef EVOTE_PROMPT_H
#define EVOTE_PROMPT_H

#include "client/cmd.h"

/*
 * Whether somebody sits there: of a script, or with --json, nothing is asked.
 * Questions, and what is shown before them, go to standard error; standard
 * output may be kept in a file.
 */
int prompt_can(const struct client *);
/*
 * Whether the output goes to a file, of somebody at a terminal: perhaps the
 * shell took a `>` that was meant for us.
 */
int prompt_redirected(void);
/* The next line of standard input without its end, malloc'd; NULL: none. */
char *prompt_line(void);
/*
 * Whether nothing follows on standard input but empty lines; reads them.  A
 * pipe that stays open has ended when it is silent for a second.
 */
int prompt_ended(void);
/* Asks "QUESTION (yes/no)? ", and again if the answer is neither; 1 for yes. */
int prompt_yes(const char *question);

#endif
