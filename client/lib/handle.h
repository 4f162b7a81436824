#ifndef EVOTE_HANDLE_H
#define EVOTE_HANDLE_H

#include <limits.h>

#include "client/lib/keyring.h"
#include "client/lib/libevote.h"
#include "client/lib/route.h"
#include "client/lib/signer.h"
#include "client/lib/state.h"
#include "common/hosts.h"
#include "common/seal.h"

/* What the files of libevote share; no header for its users. */
struct evote {
	struct evote_options options; /* strings owned */
	struct hosts hosts;
	struct state *state;
	struct route *route;
	struct signer *signer; /* opened when first needed */
	struct service service;
	int pinned;	      /* service is set */
	char pin[TLS_PIN];    /* of its TLS, as kept; or "" */
	struct sighting seen; /* what requests tell of */
	uint64_t epoch;	      /* of the host that serves, as greeted, or 0 */
	/* The service's hosts, as that one lists them. */
	char listed[EVOTE_HOSTS_MAX][EVOTE_HOST_MAX + 1];
	int n_listed;
	int64_t ahead;	    /* its clock before ours, us, as it says */
	uint64_t within;    /* give or take so much */
	struct token token; /* of the log-in that is used */
	struct keyring keyring;
	struct {
		char election[EVOTE_NAME_MAX + 1]; /* asked about last */
		int there;			   /* it has a tally sheet */
		uint32_t grace_s;
		uint64_t end; /* with grace: as it was last */
	} sheet;
	uint64_t until_ms;  /* see evote_within; 0: each call by itself */
	uint64_t waited_ms; /* for persons who were asked */
	enum evote_outcome stopped; /* why a greeting ended a search */
	uint64_t counted_from; /* the next spans, or 0: see evote_preview */
	char unready[512];     /* why there is no log-in for that, or "" */
	char unkept[PATH_MAX + 256]; /* see evote_unkept */
	int unvouched;		     /* see evote_unvouched */
	int foreign;		     /* see evote_foreign */
	int asked_pin;		     /* met was called */
	int late;  /* the vote under way is cast by token: see grace.c */
	int older; /* the last call: its host does not know the procedure */
	int last, last_port; /* as written to the state */
	char *since;   /* the note of the file that is asked about, or NULL */
	int asked_now; /* what it signs now, as evidence */
	char problem[2048];
	char evidence[PATH_MAX + 128];
};

/* The clock of deadlines here, in ms.  It stands while a person is asked. */
uint64_t handle_now(const struct evote *);
/* The same deadline by the machine's clock, for the route and for locks. */
uint64_t handle_until(const struct evote *, uint64_t deadline_ms);
uint64_t handle_deadline(const struct evote *);
/* A call has so long, and no longer than all calls together. */
uint64_t handle_by(const struct evote *, uint64_t timeout_ms);
/* A person was asked since then, which took none of the service's time. */
void handle_waited(struct evote *, uint64_t since_ms);
/* Sets the problem; returns EVOTE_FAILED. */
enum evote_outcome handle_fail(struct evote *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Finds out who the service is, if that is not known yet. */
enum evote_outcome handle_ready(struct evote *, uint64_t deadline_ms);
/* Connects to the host that serves. */
enum evote_outcome handle_find(struct evote *, uint64_t deadline_ms);
/*
 * One call of a procedure of EVOTE until it is answered; *seen, which lies in
 * args, is filled in.  For *sends and res see route_call.
 */
enum evote_outcome handle_ask(struct evote *, rpcproc_t number, void *args,
    evote_seen *seen, void *res, uint64_t deadline_ms, unsigned *sends);
/* The same of a procedure that appends no record. */
enum evote_outcome handle_read(struct evote *, rpcproc_t number, void *args,
    evote_seen *seen, void *res, uint64_t deadline_ms);
/* Takes the answer out of a result that is going to be freed. */
void answer_move(evote_answer *to, evote_answer *from);
/* The voter's signature; 0, or -1 with the problem set. */
int handle_sign(
    struct evote *, unsigned char sig[SEAL_SIG], const void *msg, size_t len);

/*
 * request.c: the hash that hides what a kept vote or ballot says; 0, or -1: it
 * breaks a limit.
 */
int request_commit(const struct kept *, evote_hash commitment);

/*
 * request.c: gives the request a number and a credential, and writes it down.
 * EVOTE_ANSWERED with a code: the log-in was refused, nothing is changed.
 */
enum number {
	NUMBER_NEXT,
	NUMBER_ANEW, /* of another client id */
	NUMBER_SAME  /* it stays that request, by the same kind of credential */
};
enum evote_outcome request_renew(struct evote *, struct kept *, enum number,
    uint64_t deadline_ms, evote_answer *);
/* Whether its credential is a log-in's token. */
int request_by_token(const struct kept *);

/*
 * checkup.c: RECEIPT knows no record of a vote that counts.  EVOTE_CHANGED if
 * the vote is lost; else says what else may be the cause.
 */
enum evote_outcome checkup_denied(
    struct evote *, const char *election, const struct ballot *);

/*
 * grace.c: whether only a log-in that is kept here can cast it now: it is a
 * vote in an election whose end is past, but not its grace.
 */
int grace_holds(const struct evote *, const struct kept *);
/*
 * The same of one that was refused.  That it came after the end is recorded
 * under its number, so it never counts.
 */
int grace_may_renew(
    const struct evote *, const struct kept *, const evote_answer *);
/* It is cast so; its salt is the service's then, but for a tally sheet. */
void grace_begin(struct evote *, struct kept *);

/*
 * login.c: sees to it that there is a token.  EVOTE_ANSWERED also when the
 * log-in was refused: then the answer's code is not 0.
 */
enum evote_outcome login_token(
    struct evote *, uint64_t deadline_ms, evote_answer *);
/* The same with a new one, whatever there is. */
enum evote_outcome login_new(
    struct evote *, uint64_t deadline_ms, evote_answer *);
void login_forget(struct evote *);

#endif
