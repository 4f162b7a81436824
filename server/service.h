#ifndef EVOTE_SERVICE_H
#define EVOTE_SERVICE_H

#include "replica/core/core.h"
#include "server/server.h"

/*
 * What the procedures mean: each request is carried out by the election at the
 * place in the ledger the core names, and answered when the core says that
 * what it observed is accepted.
 */
enum ask {
	ASK_PREAUTH,
	ASK_AUTH,
	ASK_CREATE,
	ASK_OPEN,
	ASK_EXTEND,
	ASK_CANCEL,
	ASK_VOTE,
	ASK_BALLOT,
	ASK_RESULT,
	ASK_PAIRS,
	ASK_LIST,
	ASK_SHOW,
	ASK_OPTIONS,
	ASK_LIFE,
	ASK_LIVES,
	ASK_PREVIEW,
	ASK_SHEET,
	ASK_EMPTY,
	ASK_TURNOUT,
	ASK_CHECK,
	ASK_REPORT,
	ASK_CURVE,
	ASK_REGISTER,
	ASK_UNREGISTER,
	ASK_UNLOCK,
	ASK_VOTERS,
	ASK_REKEY,
	ASK_STAGE,
	ASK_COMMIT,
	ASK_ROLL_PAGE,
	ASK_SETTINGS,
	ASK_EXTEND_ANY,
	ASK_CANCEL_ANY,
	ASK_OPEN_ANY,
	ASK_PREVIEW_ANY,
	ASK_CHECKPOINT,
	ASK_RECEIPT,
	ASK_PROVE,
	ASK_KEYS,
	ASK_NR
};

/*
 * Takes a decoded call: its arguments are moved out of args (which is zeroed,
 * for the dispatcher to free nothing); the answer follows through the call's
 * handle.
 */
void service_ask(struct server *, enum ask, void *args, struct svc_req *);
/* A dispatcher's procedure, which only translates: its file's ask() does it. */
#define ASK(name, what, in, out)                                              \
	bool_t evote_##name##_1_svc(in *args, out *result, struct svc_req *q) \
	{                                                                     \
		return (ask(q, ASK_##what, args, result, sizeof(*result)));   \
	}

/*
 * A signature is verified on another thread, after all that can be told
 * without it, in fair turns (turns.h), and before the core hears of the
 * request: so none is verified while the loop waits.  0, or -1, logged.
 */
int service_begin(struct server *);
/*
 * Goes on with those whose signatures are verified, and with those that wait,
 * for one turn: when workers_fd says so, and while it returns 1.
 */
int service_run(struct server *);
/*
 * Goes on with those that wait for a checkpoint, and with making it: each turn,
 * and again at once while it returns 1.
 */
int service_prove(struct server *);
/* A connection has ended: what waits of it for its turn is forgotten. */
void service_gone(struct server *, uint64_t conn);
/* Forgets those whose signatures are not verified, and stops the workers. */
void service_end(struct server *);

/* For answers given at once: the head, with malloc'd strings. */
void service_head(const struct server *, evote_answer *);
void service_status(const struct server *, evote_status_res *);

/*
 * What waits in the core, for a primary or for the other hosts' word, outlives
 * its connection, and so is counted here: beyond this many bytes of requests
 * and results strangers are told to try again.
 */
#define SERVICE_UNDER_WAY_MAX (64u << 20)
/*
 * A request was carried out without a record: its result is kept from now on.
 */
struct request;
void service_executed(struct server *, struct request *);

/* The core's word on the requests. */
void service_answer(struct server *, uint64_t ticket);
void service_refuse(
    struct server *, uint64_t ticket, evote_standing, const char *name);

#endif
