#ifndef EVOTE_PAPER_H
#define EVOTE_PAPER_H

#include "client/ballot_marks.h"
#include "client/cmd.h"
#include "common/ballot.h"

/*
 * A ballot paper: what an election asks, and what the voter makes of it.  That
 * of an election for one choice can be asked for, not read from words.
 */
struct paper {
	evote_election_res show;
	struct ballot_form form;
	struct ballot_marks marks;
	evote_ranks ranks; /* borrows those of marks */
};

/* Of that election, which is open.  A step (cmd.h), as are the others. */
int paper_fetch(
    struct client *, struct evote *, const char *election, struct paper *);
void paper_clear(struct paper *);

/* The words of the command line are the ballot. */
int paper_read(struct client *, struct paper *, int n, char **words);
/* The lines of standard input are. */
int paper_input(struct client *, struct paper *);
/* The voter is asked on the terminal. */
int paper_ask(struct client *, struct evote *, struct paper *);
/* The one that was asked for, in an election for one choice. */
const char *paper_choice(const struct paper *);
/*
 * Whether these words are a vote in an election for one choice.  Goes on also
 * where that cannot be known, or it takes no votes, as the service then says.
 */
int paper_judge_choice(
    struct client *, struct evote *, const char *election, int n, char **words);
/* Whether the election takes that ballot. */
int paper_judge(struct client *, const struct paper *);

#endif
