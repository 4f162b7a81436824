#ifndef EVOTE_AUDIT_H
#define EVOTE_AUDIT_H

struct conf;

/*
 * `evote_server audit`: everything again from a data directory that no process
 * uses.  The page for the minutes goes to standard output.  The exit status: 0
 * only when all holds, EXIT_TROUBLE when something does not or the directory
 * cannot be read.
 */
int audit_run(const struct conf *);

#endif
