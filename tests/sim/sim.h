#ifndef EVOTE_SIM_H
#define EVOTE_SIM_H

/*
 * A whole cluster in one process: the real protocol core and the real election
 * on virtual disks, links and clocks, with everything that happens drawn from
 * one seed.  README.md says what is simulated; here are the files:
 *	world.c		chance, virtual time, what happened last
 *	disk.c		what survives of what was written
 *	net.c		links between hosts, and cuts
 *	witness.c	the arbiter, real, and the way to it
 *	host.c		a process: its core, its start and its fall
 *	machine.c	what requests mean: the real election
 *	polls.c		the elections of a run, and what is asked in them
 *	keeper.c	who keeps the roll, and leads the elections' lives
 *	clients.c	voters, who ask again until they are answered
 *	faults.c	what goes wrong, how it is mended, and operators
 *	book.c		what the accepted records come to, by itself
 *	count.c		in the end: what the hosts tell of the elections
 *	rules.c		what must hold: the invariants I1 to I13
 *	notes.c		checkpoints and receipts: rules 19 and 20, I14
 *	main.c		a run
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replica/arbiter/witness.h"
#include "replica/core/config.h"
#include "replica/core/core.h"
#include "replica/core/times.h"
#include "server/election/election.h"

#define MS	   1000ULL /* virtual time is in us */
#define HOSTS_MAX  3
#define CLIENTS	   6
#define VOTERS	   300
#define WALL_START 1700000000000000ULL
#define FAULTS_US  (12000 * MS) /* then everything is healed, */
#define END_US	   (30000 * MS) /* and by then all must be well */
#define CLOSE_US   (9000 * MS)
#define POLLS	   6
#define VARIANTS   5	       /* of a vote in one election */
#define CHOICES	   3	       /* of an election, at most */
#define IMPORTS	   64	       /* whole rolls in one run */
#define ROWS	   60	       /* of one of them */
#define TIMEOUT_US (1500 * MS) /* a client's patience with one host */
#define CALM_US	   (6000 * MS) /* so long after the last mishap */
#define PROMPT_US  (700 * MS)  /* everybody is answered within this */

enum what {
	W_TICK,
	W_FLUSH,
	W_DISK,
	W_CONNECT,
	W_DELIVER, /* the first message waiting on a link's way */
	W_REST,	   /* what a connection that has ended still held */
	W_CLIENT,  /* a client looks at its state */
	W_REQUEST,
	W_ANSWER,
	W_FAULT,
	W_START,
	W_OPERATOR,
	W_GONE,	   /* a host learns that a connection ended */
	W_DECIDE,  /* a question reaches the witness */
	W_DECIDED, /* and its verdict the host */
	W_SIGN,	   /* a host makes a checkpoint, or gives one up */
};

struct item {
	uint64_t at, order;
	enum what what;
	int host, peer;
	uint64_t a, b;
	void *p;
};

struct packet {
	struct packet *next;
	struct message *m;
	uint64_t handle; /* of a reply */
};

/* A connection on which `host` calls `peer`; ways: 0 calls, 1 replies. */
struct link {
	uint64_t conn; /* 0: none */
	int over;      /* the called process is, and the caller does not know */
	int trying;
	struct packet *first[2], *last[2];
	uint64_t due[2]; /* when the latest packet arrives */
};

struct job {
	uint64_t number;
	enum { STORE, TRUNCATE, SAVE, LOAD } kind;
	struct record **records;
	uint32_t n;
	uint64_t size, accepted;
	evote_config k;
};

struct request {
	int client, host;
	uint64_t life; /* of the host's process */
	uint64_t number;
	enum {
		R_REGISTER,
		R_CREATE, /* or OPEN */
		R_VOTE,	  /* or BALLOT */
		R_READ,
		R_RECEIPT,
		R_LOOK, /* at the roll and the turnouts */
		R_REKEY,
		R_STRIKE,
		R_STAGE,
		R_COMMIT,
		R_EXTEND,
		R_CANCEL,
		R_SETTINGS
	} kind;
	int voter, choice, poll;
	uint64_t salt, begun; /* R_VOTE */
	uint32_t key;	      /* R_REKEY, R_SETTINGS: another one */
	int by_operator;      /* R_EXTEND, R_CANCEL */
	uint64_t end;	      /* R_EXTEND */
	/* R_STAGE: of that import, from that row on; R_COMMIT */
	uint32_t import, from, stage;
	uint64_t roll;	/* the version to change, or that was seen */
	uint64_t state; /* R_LOOK: what it saw, as book_state */
	uint64_t floor; /* accepted anywhere when it was sent */
	uint64_t taken; /* when the host got it */
	struct outcome out;
	uint64_t size;	   /* state it read */
	uint64_t asked;	   /* R_RECEIPT: of that request, */
	uint64_t seq;	   /* the record, */
	int found;	   /* when there is one */
	evote_seen seen;   /* of its client, */
	evote_stamp stamp; /* and of the host that answers */
};

/* That the record answers that request of a voter's. */
struct receipt {
	uint64_t seq, number;
	int voter, client;
};

/* An election, as it is opened in every run; polls.c. */
struct form {
	const char *name;
	uint64_t end_us;
	int n_groups; /* 1: "g", or with "h" */
	uint32_t n_options;
	evote_option options[4]; /* of START the value is the run's */
	uint32_t n_choices;
	/* What voters ask: a choice, or a digit for each. */
	const char *votes[VARIANTS];
	int variants, good; /* the first are taken, the others refused */
};
extern const struct form forms[POLLS];

/* How one voter stands on the roll. */
struct standing {
	int on;
	char group;
	uint32_t key;
};
struct row {
	int voter, leaves;
	struct standing as;
};

/* What the accepted records come to. */
struct book {
	struct standing roll[VOTERS], staged[VOTERS];
	char has_row[VOTERS]; /* in the stage that is open */
	uint32_t stage, n_rows;
	int staging;	 /* and the roll was not changed since */
	uint64_t digest; /* of the roll */
	uint32_t committed[IMPORTS * 4]; /* by stage: its rows */
	struct book_poll {
		evote_phase phase;
		int known, extended;
		uint64_t ends[EVOTE_EXTENSIONS_MAX + 1]; /* in turn */
		uint64_t end, start, grace, votes, eligible;
		char voted[VOTERS], fixed[VOTERS];
	} polls[POLLS];
};

#define WANTED_MAX 64

struct host {
	int id, alive, ever;
	int older; /* its program knows no keys */
	unsigned char key[32];
	struct { /* the checkpoint that it is making */
		int open, due, awaited, signers;
		evote_position what;
		uint64_t begun;
	} attempt;
	struct receipt wanted[WANTED_MAX];
	uint32_t n_wanted;
	uint64_t life, paused_until;
	incarnation inc;
	struct core *core;
	struct election_state *election;
	int serving, flush_due;
	uint64_t epoch; /* in this life, never back */
	uint64_t reign; /* the epoch in which it began to serve */
	/* The disk: what is durable, and what is on its way. */
	evote_config k;
	struct record **ledger;
	uint64_t size, max, persisted_commit;
	struct job *jobs;
	uint32_t n_jobs, max_jobs;
	uint64_t next_job;
	int disk_busy;
	int unread;  /* it could not be read: halted until started anew */
	int damaged; /* in its middle: no start with that */
	int copied;  /* its directory is a copy of another host's */
	int cloned;  /* of this one there was a copy */
	uint64_t slow_until, full_until, eio_until;
	struct link links[HOSTS_MAX];
	/* Who is in its core's places, and whom it is to call. */
	int at[EVOTE_HOSTS_MAX], called[HOSTS_MAX];
	int64_t clock_us;
	/* Requests taken and not answered, for the fall of the process. */
	struct request **taken;
	uint32_t n_taken, max_taken;
};

struct client {
	int at; /* host it talks to */
	int step;
	uint64_t number, tries;
	evote_seen seen;
	int waiting, voter, choice;
	uint64_t sent_at;
	uint64_t voted; /* its last request that was a vote */
	struct request ask;
};

struct world {
	uint64_t now, seed, chance, order, conn, handle;
	int n_hosts, failback, trace, healed;
	int opened[POLLS];
	uint64_t quiet;	 /* from then on nobody writes any more */
	uint64_t uneasy; /* until when something was, or is, wrong */
	struct item *heap;
	size_t n, max;
	struct host hosts[HOSTS_MAX];
	struct client clients[CLIENTS];
	/* What has been accepted, by place. */
	unsigned char (*accepted)[32];
	uint64_t accepted_us; /* time of the last one */
	uint64_t n_accepted, max_accepted;
	struct book book;
	uint64_t *states; /* by the number of accepted records: book_state */
	/* Who wrote in an epoch. */
	struct {
		uint64_t epoch;
		int host;
	} writers[4096];
	int n_writers;
	int signed_accepted; /* as if a SIGN had accepted something: net.c */
	uint64_t reign;	     /* the highest epoch of a primary */
	/* A reading that was answered: in whose reign, and what it saw. */
	uint64_t read_reign, read_size;
	/* What voters were told: 0 nothing, 1 it counts, 2 refused. */
	char told[POLLS][VOTERS], told_choice[POLLS][VOTERS];
	char tried[POLLS][VOTERS][VARIANTS];
	uint64_t begun[POLLS][VOTERS]; /* the earliest log-in, 0: none */
	uint64_t told_end[POLLS];      /* by an extension */
	int told_cancelled[POLLS];
	uint32_t told_rows[IMPORTS * 4]; /* by stage, that was committed */
	struct {
		int client;
		uint64_t number;
	} refused[4096]; /* requests that were told no */
	int n_refused;
	int next_voter[POLLS];
	struct { /* who keeps the roll */
		enum { K_LOOK, K_BEGIN, K_GO_ON } step;
		int next_poll; /* to be opened */
		uint64_t roll;
		uint32_t stage, sent, key;
		struct import {
			uint32_t n;
			struct row rows[ROWS];
		} imports[IMPORTS];
		uint32_t n_imports;
	} keeper;
	struct {
		uint64_t start, end;
	} plans[POLLS];
	/* All that was ever signed by a host, and proved to a voter. */
	struct merkle *tree; /* of what is accepted */
	struct {
		evote_position what;
		int signers; /* bits */
	} * notes;
	struct receipt *receipts;
	uint32_t n_notes, max_notes, n_receipts, max_receipts;
	uint64_t signatures;
	/*
	 * The witness, with links of its own to each host: the last column.
	 * There is a second machine, in case that the first dies for good.
	 */
	int has_witness, witness_dead[2];
	struct witness witness[2];
	uint64_t witness_down;
	uint64_t cut[HOSTS_MAX + 1][HOSTS_MAX + 1]; /* from, to: until when */
	unsigned late;	 /* per mille of links that leave something behind */
	int ailing;	 /* hosts are slow and deaf rather than dead */
	int ordered;	 /* an operator had the service handed over */
	int swapped;	 /* lists of hosts are in any order */
	int reshuffled;	 /* operators add, remove and prefer hosts */
	int upgraded;	 /* at first all programs know no keys */
	uint64_t served; /* when anybody was answered last */
	uint64_t ops, kills, takeovers;
};
extern struct world w;

/* world.c */
uint64_t rng(void);
uint64_t upto(uint64_t n); /* 0 to n */
int chance(unsigned per_mille);
void *grown(void *p, size_t n, size_t size);
void later(uint64_t delay, struct item); /* in the order of time */
struct item next_item(void);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *why); /* prints what led there */

/* disk.c */
int disk_full(const struct host *);
uint64_t do_store(void *, struct record *const *, uint32_t, uint64_t);
uint64_t do_truncate(void *, uint64_t size);
uint64_t do_load(void *, uint64_t from, uint32_t n);
uint64_t do_save(void *, const evote_config *);
void disk_done(struct host *); /* the job under way */
void job_apply(struct host *, struct job *);
void job_tear(struct host *, struct job *); /* in part */
void job_drop(struct job *);
void truncate_to(struct host *, uint64_t size);

/* net.c */
void do_call(void *, int peer, struct message *);
void do_reply(void *, uint64_t handle, struct message *);
void do_reset(void *, int peer);
void link_connect(struct host *, int peer);
void link_break(struct host *, int peer); /* both ends learn of it */
void link_deliver(struct host *, int peer, int way);
void link_clear(struct link *);
struct rest;
void rest_deliver(struct rest *);
void rest_free(struct rest *);
int is_cut(int from, int to);
void do_host(void *, int peer, const char *name, const char *address);
int place_of(struct host *, int id); /* of a host, in this one's core */

/* witness.c */
struct question {
	int host, witness;
	uint64_t life;
	evote_decide ask;
	evote_decided answer;
};

void do_decide(void *, const evote_arbiter *, const evote_decide *);
void witness_hears(struct question *);
void witness_says(struct question *);
void question_free(struct question *);

/* host.c */
void host_step(struct host *, struct event *);
void host_start(struct host *);
void host_look_at_space(struct host *);
void host_kill(struct host *);
void host_wipe(struct host *);
void host_copy(struct host *, const struct host *from);

/* polls.c */
struct record *op_open(
    struct host *, struct request *, const struct entry_header *);
struct record *op_vote(
    struct host *, struct request *, const struct entry_header *);
int poll_named(const char *name);
/* Which variant it is, or -1: none. */
int vote_variant(int poll, const evote_leaf *, const union opening *);
void name_of(int voter, char name[16]);

/* keeper.c */
struct record *op_keep(
    struct host *, struct request *, const struct entry_header *);
void keeper_ask(struct request *);
void keeper_answer(const struct request *); /* that was served */

/* book.c */
void book_note(const struct record *, const evote_leaf *);
/* What the elections of the hosts tell of the same, at any time. */
uint64_t state_seen(const struct election_state *, uint64_t *roll);

/* count.c */
void check_votes(const struct host *);

/* machine.c */
extern const struct machine machine;

extern const char *const host_names[HOSTS_MAX];

/* clients.c */
void do_answer(void *, uint64_t ticket);
void do_refuse(void *, uint64_t ticket, evote_standing, const char *host);
void request_arrives(struct request *, int host);
void client_answer(struct client *, struct request *, evote_standing, int host);
void client_look(struct client *, uint64_t why);

/* faults.c */
void fault(void);
void fault_strike(void);
void heal(void);
void operate(void);

/* rules.c */
void check_serving(struct host *);
void check_step(struct host *);
void check_granted(const evote_config *before, const evote_config *now);
void check_saved(const struct host *, const evote_config *);
void check_read(const struct host *, const struct request *);
void check_equal(void);
void check_prompt(const struct host *);
void check_committed(struct host *, uint64_t size);
void check_end(void);
/* notes.c */
void note_want(struct host *, const struct request *);
void note_make(struct host *);
void note_signed(const struct host *, const evote_signed_by *);
void do_cosigned(void *, const evote_signed_by *);
void check_notes(const struct host *);
void check_keys(const struct host *, const evote_config *);

int holds_all(const struct host *);
int may_wipe(const struct host *);
int is_member(const evote_config *, const struct host *);

#endif
