#ifndef EVOTE_CMD_H
#define EVOTE_CMD_H

#include <cJSON.h>
#include <limits.h>

#include "client/lib/libevote.h"
#include "common/options.h"

/* What the commands of evote_client share. */

enum {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1, /* by the service */
	EXIT_USAGE = 2,	  /* or this machine: nothing was sent */
	EXIT_CHANGED = 3, /* the service lost or changed what was seen */
	EXIT_UNKNOWN = 4, /* no host answered */
	EXIT_NEEDS = 5	  /* status: serves, but needs an operator */
};

#define NAME_ROOM (EVOTE_NAME_MAX + 1)
#define ELECTION  "election's name" /* for cmd_name */

/* Where the packages put them: used when nothing else is said. */
#define CMD_HOSTS  "/etc/evote/hosts"
#define CMD_SOCKET "/run/evote/admin.sock"
#define CMD_CONF   "/etc/evote/client.conf"

struct client {
	struct evote_options options;
	char voter[NAME_ROOM]; /* as the roll has it, for options.voter */
	const char *admin;     /* path of the operators' socket, or NULL */
	const char *again;     /* what to do when an order of theirs got no
				  answer; NULL: look */
	const char *passphrase_file;
	char *conf[2];	/* what configuration files say */
	char *paths[5]; /* options with a ~ resolved: see places.h */
	cJSON *json;	/* the object to print with --json, else NULL */
	int version;
	int signs; /* requests of a voter */
};

struct command {
	const char *name;
	/*
	 * As help shows them: how many there may be is taken from it, unless
	 * it has alternatives; "..." is any number.  NULL: none.
	 */
	const char *args;
	const char *help; /* a sentence or more */
	size_t size;	  /* of what its options fill, zeroed before */
	const struct option_row *options; /* its own, or NULL */
	/* Its options and the arguments are read; returns the exit status. */
	int (*run)(struct client *, void *own, int argc, char **argv);
};
/* All of them, in the order of help. */
#define COMMANDS(X)   \
	X(keygen)     \
	X(create)     \
	X(extend)     \
	X(cancel)     \
	X(vote)       \
	X(receipt)    \
	X(verify)     \
	X(result)     \
	X(sheet)      \
	X(turnout)    \
	X(report)     \
	X(elections)  \
	X(show)       \
	X(check)      \
	X(pending)    \
	X(status)     \
	X(trust)      \
	X(checkpoint) \
	X(register)   \
	X(import)     \
	X(rekey)      \
	X(unregister) \
	X(unlock)     \
	X(voters)     \
	X(settings)   \
	X(handover)   \
	X(hosts)      \
	X(arbiter)    \
	X(promote)
#define COMMAND_DECLARE(name) extern const struct command cmd_##name;
COMMANDS(COMMAND_DECLARE)

/*
 * Steps of a command: each returns -1 to go on, or the exit status with which
 * to end, told.
 */

/* The arguments are not those of the command: says which are. */
int cmd_usage(struct client *, const struct command *);

/* Makes the name that was meant, of a voter, choice or what it is. */
int cmd_name(
    struct client *, const char *what, const char *given, char out[NAME_ROOM]);

/* --timeout, or what else applies. */
uint64_t cmd_timeout_ms(const struct client *, uint64_t otherwise);

/*
 * All its questions have the time of one from then on; who asks a person, or
 * reads another page, gives them that time anew: evote_within.
 */
int cmd_open(struct client *, struct evote **out);
/* The same for commands that need a voter, and his key unless `keyless`. */
int cmd_open_voter(struct client *, int keyless, struct evote **out);

/* ---- the operators' side: admin.c ---- */

int admin_open(struct client *, CLIENT **out);
/* What became of a call that got no answer. */
enum admin_kind {
	ADMIN_READS,  /* nothing was changed */
	ADMIN_CHANGES /* that is not known */
};
/*
 * Judges a call: -1 when the service carried it out; else it is told as
 * "WHAT: ...".
 */
int admin_check(struct client *, enum admin_kind, enum clnt_stat,
    const evote_answer *, const char *what);
/*
 * One call whose result begins with an answer, and is zeroed before; all of
 * these steps.  The caller frees the result.
 */
int admin_call(struct client *, rpcproc_t, xdrproc_t xargs, void *args,
    xdrproc_t xres, void *res, const char *what);
/* The same of one that changes nothing. */
int admin_read(struct client *, rpcproc_t, xdrproc_t xargs, void *args,
    xdrproc_t xres, void *res, const char *what);
struct host;
/* A remark on an address that every machine takes for its own. */
void admin_doubt(const struct client *, const struct host *);
/* For `again`, of an order that is only carried out once. */
#define ADMIN_AGAIN "Run the same command again: it is carried out only once"
/* Of one with a span from now, which would be another order then. */
#define ADMIN_LOOK "`show` of the election tells"
/* The clock of that host, which has to serve. */
int admin_clock(struct client *, uint64_t *now, const char *what);
/* A page of the elections, from that host; the caller frees it. */
int admin_lives(
    struct client *, unsigned first, evote_lives_res *, const char *what);
/* An election's life, which the caller frees. */
int admin_life(
    struct client *, const char *election, evote_life_res *, const char *what);

#endif
