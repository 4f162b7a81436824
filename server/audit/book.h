#ifndef EVOTE_BOOK_H
#define EVOTE_BOOK_H

#include <stdint.h>

#include "common/ballot.h"
#include "common/record.h"
#include "evote.h"
#include "server/audit/index.h"

/*
 * What the records say, added up once more for an audit: who was on the roll,
 * which elections there were, who voted in them and what for.  It shares no
 * code with server/election, whose results are compared with it.  Pure.
 */
struct book_voter {
	unsigned char key[32];
	uint32_t index; /* in the order of registration */
	int registered;
	char *group;
	char name[];
};

struct book_extension {
	uint64_t time, from, to; /* us; the ends before and after */
	char *by;		 /* "": an operator */
	char *reason;
};

struct book_poll {
	evote_election about;	 /* its end is the latest one */
	struct ballot_form form; /* what it asks of a ballot */
	evote_hash choices;	 /* what a ballot names the choices by */
	int has_sheet;		 /* a tally sheet is published */
	int fixes;		 /* who may vote is fixed when it opens */
	char *creator;		 /* "": operators */
	uint64_t created, start; /* us; start as planned, 0: at once */
	uint64_t opened, closed; /* us; 0: not yet; closed: or cancelled */
	uint64_t grace;		 /* us after the end, for votes by token */
	struct book_extension *extended;
	uint32_t n_extended;
	char *cancelled_by; /* NULL: it is not cancelled; "": an operator */
	char *cancelled_for;
	uint64_t received;     /* records of votes */
	uint64_t signed_votes; /* of these; the others were by token */
	uint64_t faulty;  /* of these, with a finding: add to it, see audit.c */
	uint64_t *counts; /* by choice, as in evote_count */
	uint64_t *pairs;  /* RANKED: as in schulze.h */
	uint64_t counted; /* votes that are in the counts */
	uint64_t blank;	  /* of these, ballots without a choice */
	uint64_t eligible;    /* for audit.c to set; 0: not known */
	unsigned char *voted; /* a bit for each voter, by index */
	uint32_t voted_len;   /* bytes */
	unsigned char *fixed; /* likewise: who may vote; NULL: not fixed */
	uint32_t fixed_len;   /* voters */
};

/* A primary's first record. */
struct book_epoch {
	uint64_t seq, epoch, time;
	uint64_t silence; /* us since the record before */
	int forced;
	char *name;
};

/* A host's key, from its record on; all zero: the host was removed. */
struct book_host {
	uint64_t seq;
	unsigned char key[32];
	char *name;
};

#define BOOK_REASONS 64 /* those from this number on are counted as one */

struct book {
	evote_genesis genesis;	    /* origin NULL: there was none */
	evote_settings settings;    /* quota 0: they were never set */
	struct book_voter **voters; /* whoever was ever registered */
	uint32_t n_voters;
	uint32_t on_roll; /* now */
	uint32_t stage;	  /* the number of the latest */
	int staging;	  /* no other change of the roll since */
	evote_row *rows;  /* its rows */
	uint32_t n_rows;
	struct book_poll **polls; /* in the order of creation */
	uint32_t n_polls;
	struct index voters_by_name, polls_by_name;
	struct book_epoch *epochs; /* in order */
	uint32_t n_epochs;
	struct book_host *hosts; /* in order */
	uint32_t n_hosts;
	uint64_t n_refused;
	uint64_t refused[BOOK_REASONS + 1];
	uint64_t n_unlocked;
	uint64_t first, last; /* times of the first and the last record, us */
	uint64_t epoch;	      /* of the last record */
};

/* What one record is about; pointers into the book, or NULL. */
struct book_entry {
	const char *wrong; /* what is wrong with it: follows "Record N: " */
	const struct book_voter *asker;
	struct book_poll *poll;
};

void book_take(struct book *, const evote_leaf *, const union opening *,
    struct book_entry *);
void book_clear(struct book *);

#endif
