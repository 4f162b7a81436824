#ifndef EVOTE_SAY_H
#define EVOTE_SAY_H

#include "client/cmd.h"

/*
 * What evote_client tells people and, with --json, programs.  All of it is made
 * harmless to a terminal first, since names and reasons come from elsewhere.
 */

const char *say_alarm(evote_alarm_kind);
/* What a voter asked for: "vote", "creation", "extension", "cancellation". */
const char *say_act(evote_act_kind);
int say_is_vote(evote_act_kind); /* and not of an election's life */
/* What to do without an answer, before "cannot be done twice". */
const char *say_again(const struct evote *);
/* The same about an election: "vote in "board"". */
#define SAY_DEED (EVOTE_NAME_MAX + 32)
void say_deed(char out[SAY_DEED], evote_act_kind, const char *election);
const char *say_standing(evote_standing);

/* A column has to hold this text as well. */
void say_widen(int *columns, const char *text);
/* The text, and blanks up to this many columns of a terminal. */
#define SAY_PADDED (EVOTE_NAME_MAX * 2 + 1) /* room for such a name */
void say_pad(char *out, size_t len, const char *text, int columns);
/* A line of a table or list; not with --json. */
void say_line(struct client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A line on standard error, for prompts and side remarks. */
void say_aside(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * What a command is about to do, for people: of a dry run it is all there is,
 * else a remark.
 */
void say_shown(struct client *, int dry, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Once, that this machine's clock is not the service's; often nothing. */
void say_clock(const struct evote *);
/* That the host which answered did so without TLS; often nothing. */
void say_unencrypted(const struct client *, const struct evote *);
/* A list of names, for programs. */
void say_names(cJSON *object, const char *key, u_int n, char **names);
/* For evote_options: the pin that the service's TLS is known by from now on. */
int say_met(void *arg, const char *pin);
void say_renewed(void *arg, const char *dir);
/* Adds "alpha", "alpha and beta", "alpha, beta and gamma" piece by piece. */
void say_and(char *out, size_t size, const char *name, u_int i, u_int n);
/*
 * The object of --json, on one line or, with this, on several.  It is UTF-8,
 * though names of files and a host's words may be any bytes.
 */
void say_json(const cJSON *, int lines);
/* Where the answer stands in the ledger, for programs; nothing of epoch 0. */
void say_stamp(struct client *, const evote_stamp *);

/* How a vote that counts is told, wherever it is. */
#define SAY_COUNTS "Your vote in \"%s\" counts"
/* And how the voter finds the own line on a tally sheet. */
#define SAY_TRACKER                                                      \
	"Your tracker is %s: after the close, the tally sheet has your " \
	"choice beside it, and whoever learns the tracker learns the choice"

/*
 * The sentence every command ends with; each returns the exit status.  done
 * goes to standard output, all else to standard error.
 */
int say_done(struct client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int say_usage(struct client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* What is asked for is itself a file: it goes to standard output, or under this
   key to programs, and the sentence to standard error. */
int say_document(struct client *, const char *key, const char *text,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A file does not prove what it should. */
int say_unproved(struct client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int say_unknown(struct client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* No host answered, and nothing was sent that changes anything. */
int say_unsent(struct client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Something was found that somebody has to see to. */
int say_needs(struct client *, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * A step: what became of the request is not known, since the service has
 * answered a later one; "FMT: why; what next".
 */
int say_stale(struct client *, const evote_answer *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "FMT: why; what next" */
int say_refused(struct client *, const evote_answer *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same where the text says why. */
__attribute__((format(printf, 3, 4))) int say_refused_so(
    struct client *, const evote_answer *, const char *fmt, ...);
/*
 * A standing other than EVOTE_SERVED, where that is an answer: "FMT (text)".
 * Refused, or unknown where the same command may be taken later.
 */
int say_declined(struct client *, const evote_answer *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * An outcome other than EVOTE_ANSWERED: "FMT: problem", or where FMT has
 * several sentences, "FIRST: problem. OTHERS".
 */
int say_problem(struct client *, const char *problem, enum evote_outcome,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* One of these two, or -1 for an answer with code 0: "FMT: ..." */
int say_answer(struct client *, const struct evote *, enum evote_outcome,
    const evote_answer *, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* For evote_options: a side remark, since the last sentence is another's. */
void say_earlier(void *arg, evote_act_kind, const char *election,
    const evote_answer *, const uint64_t *tracker);

#endif
