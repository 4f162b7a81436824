#ifndef LIBEVOTE_H
#define LIBEVOTE_H

#include <limits.h>
#include <rpc/rpc.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tlog_policy.h"
#include "evote.h"

/*
 * A voter's side of the election service, for programs that live long and for
 * commands that make one call.
 *
 * Every call finds the host that serves, by itself and again whenever that
 * changes, until an answer comes or the time is over.  A request that changes
 * something is written to the state directory just before it is first sent, not
 * before there is a host to send it to, and stays there until it was
 * answered: sent again, by this process or a later one, it is carried out once.
 * What the service has shown is remembered, and a service that later knows
 * less, or something else, is found out.
 *
 * A handle belongs to one thread at a time; handles share nothing but files.
 */
struct evote;

struct evote_options {
	const char *hosts; /* list as in hosts.h; NULL: $EVOTE_HOSTS; $EVOTE_PIN
			      is a pin for it */
	const char *voter; /* NULL: for reading only */
	const char *key;   /* the voter's key file, as in signer.h, or NULL */
	const char *state; /* directory; NULL: as in state.h */
	int login;	   /* use PREAUTH, AUTH and a token, do not sign */
	int plain;	   /* no TLS, even where it is offered or was before */
	uint64_t timeout_ms; /* of each operation; 0: 30 s */
	/*
	 * Told what became of an earlier, unanswered request that had to be
	 * settled before a new one; tracker: of a vote, by which it is found on
	 * its tally sheet, or NULL.  May be NULL.
	 */
	void (*earlier)(void *arg, evote_act_kind, const char *election,
	    const evote_answer *, const uint64_t *tracker);
	/*
	 * Told, once for each service, of the pin that its TLS is known by from
	 * now on, when none was given.  -1: it is not to be trusted; then
	 * nothing is sent, and nothing is kept of it.  May be NULL.
	 */
	int (*met)(void *arg, const char *pin);
	/*
	 * Told that the hosts have the pin that was given, and are of another
	 * service than before; what is kept of that stays in dir.  May be NULL.
	 */
	void (*renewed)(void *arg, const char *dir);
	/*
	 * Puts out the passphrase of that key file; 0, or -1 with a sentence.
	 * NULL: such a key is refused.
	 */
	int (*passphrase)(void *arg, const char *key, char *out, size_t size,
	    char *err, size_t errlen);
	void *arg;	 /* of all */
	const char *pin; /* NULL: $EVOTE_PIN, beside those of a hosts file */
	/* The service's origin as its operators published it; NULL: any. */
	const char *origin;
};
#define PASSPHRASE_MAX 1024 /* bytes of `out`, with its NUL */

/* Strings are copied.  Talks to nobody yet.  NULL: one sentence in err. */
struct evote *evote_open(
    const struct evote_options *, char *err, size_t errlen);
void evote_close(struct evote *); /* NULL is fine */
/*
 * From now on all that is asked has so long together, and not timeout_ms each
 * time; 0: timeout_ms together.  While a person is asked for a pin or for a
 * passphrase, that time does not run.  evote_status and evote_status_all have
 * times of their own.
 */
void evote_within(struct evote *, uint64_t ms);
/* What is left of it. */
uint64_t evote_left_ms(const struct evote *);
/* Goes on as another voter, on the same connection; 0, or -1: no memory. */
int evote_become(struct evote *, const char *voter, const char *key);

/*
 * Opens the voter's key, if that has not been done, and puts out its public
 * half; 0, or -1 with evote_problem.
 */
int evote_key(struct evote *, unsigned char public[32]);

enum evote_outcome {
	/* The service answered; code and reason say what. */
	EVOTE_ANSWERED,
	/*
	 * No host answered in time.  It is not known what became of a request,
	 * and it is kept: the same call, also by another process, settles it.
	 */
	EVOTE_UNANSWERED,
	/* No host answered in time, and the request was not sent. */
	EVOTE_UNSENT,
	/*
	 * The service has lost or changed what it had shown.  The evidence is
	 * kept; the answer's standing is EVOTE_SERVED only if one came.
	 */
	EVOTE_CHANGED,
	/* This machine failed, or the caller: nothing new was sent. */
	EVOTE_FAILED
};
/* For all but EVOTE_ANSWERED: one sentence, valid until the next call. */
const char *evote_problem(const struct evote *);
/* The file of the evidence when it was found out. */
const char *evote_evidence(const struct evote *);
/*
 * Whether a contradiction that was found before stands: evote_problem says
 * which.  It does until the files that it names are removed, and all questions
 * but evote_status end in EVOTE_CHANGED.
 */
int evote_contradicted(struct evote *);

/*
 * Results are zeroed first and freed by the caller with xdr_free, whatever the
 * outcome.
 */

/* choice NULL: finish the vote in this election that was kept unanswered. */
enum evote_outcome evote_vote(
    struct evote *, const char *election, const char *choice, evote_answer *);
/*
 * Of a vote that counts: why what its receipt and its tracker need could not be
 * written here, or "".  Then it is kept, and the same call writes that.
 */
const char *evote_unkept(const struct evote *);
/*
 * Of EVOTE_UNANSWERED: the signature or log-in was refused now, and what became
 * of the request before is not known.  Repeating the same does not help; the
 * problem says what does.
 */
int evote_unvouched(const struct evote *);
/* Whether there is one.  Of EVOTE_ANSWERED; else it is not known. */
enum evote_outcome evote_kept(struct evote *, const char *election, int *kept);
/* The same by what is known here, without looking for a host; -1: unknown. */
int evote_kept_here(struct evote *, const char *election);
/* Whether one that was sent from here was answered as counted. */
int evote_counted_here(struct evote *, const char *election);
/*
 * The same in an election of ballots (common/ballot.h); the ranks are of the
 * choices that were shown to the voter.  evote_kept knows of these, too, and
 * evote_vote finishes them.
 */
enum evote_outcome evote_cast(struct evote *, const char *election,
    const evote_election *shown, const evote_ranks *, evote_answer *);

/*
 * Gets ready to vote in an election, before the voter is asked for the choice.
 * If it takes votes a while after its end, from those who had logged in before
 * it, this logs in; then a vote that comes so late is cast with that log-in,
 * and any other one is signed as ever.  Why it could not is in evote_unready,
 * or "": that matters only to who votes so late.
 */
void evote_begin(struct evote *, const char *election);
const char *evote_unready(const struct evote *);
/* Until when it takes such votes, if that is now; else 0. */
uint64_t evote_late_until(const struct evote *, const char *election);
/*
 * Then: until when a vote of this voter is taken, who had logged in from here
 * before its end; 0: who had not, or whose log-in has expired since.
 */
uint64_t evote_begun_until(const struct evote *);

/*
 * relative: these times of the election are spans after now, by the clock of
 * the host that serves, or after the time of the evote_preview before; a kept
 * request that differs only in them is this one.  *end becomes the one sent; 0
 * or unchanged if no host was reached for a span.
 */
enum { EVOTE_END_SPAN = 1, EVOTE_START_SPAN = 2 };
enum evote_outcome evote_create(struct evote *, const evote_terms *,
    int relative, uint64_t *end, evote_answer *);

/* Whether a kept request is this one: as evote_kept. */
enum evote_outcome evote_create_kept(
    struct evote *, const evote_terms *, int relative, int *kept);
/*
 * What would become of it; for that the voter logs in.  Its spans become times
 * in `dated`, which is freed with xdr_free.  A host of an older version does
 * not know: the clock in its answer is 0.
 */
enum evote_outcome evote_preview(struct evote *, const evote_terms *,
    int relative, evote_terms *dated, evote_preview_res *);
/* The same when it is `from` by some other clock; 0, or -1: no memory. */
int evote_terms_dated(
    const evote_terms *, int relative, uint64_t from, evote_terms *dated);

/* The end may be EVOTE_END_SPAN; *end is as in evote_create. */
enum evote_outcome evote_extend(struct evote *, const evote_extension *,
    int relative, uint64_t *end, evote_answer *);
enum evote_outcome evote_cancel(
    struct evote *, const evote_cancellation *, evote_answer *);
/* Whether a kept request is this one: as evote_kept. */
enum evote_outcome evote_extend_kept(
    struct evote *, const evote_extension *, int relative, int *kept);
enum evote_outcome evote_cancel_kept(
    struct evote *, const evote_cancellation *, int *kept);

enum evote_outcome evote_result(
    struct evote *, const char *election, evote_result_res *);
enum evote_outcome evote_pairs(
    struct evote *, const char *election, evote_pairs_res *);
enum evote_outcome evote_show(
    struct evote *, const char *election, evote_election_res *);
/*
 * An election's options; a host of an older version answers that it has none.
 */
enum evote_outcome evote_options_of(
    struct evote *, const char *election, evote_options_res *);
/* One page; first is 0, then `next`. */
enum evote_outcome evote_list(struct evote *, unsigned first, evote_list_res *);
/*
 * Where elections stand in their lives; of a host of an older version, whether
 * they are open or closed, and their ends.
 */
enum evote_outcome evote_life(
    struct evote *, const char *election, evote_life_res *);
enum evote_outcome evote_lives(
    struct evote *, unsigned first, evote_lives_res *);

/* ---- tally sheets ---- */

/* One page of the sheet; from is 0, then `next`. */
enum evote_outcome evote_sheet(
    struct evote *, const char *election, uint64_t from, evote_sheet_res *);
/*
 * What is kept here of the voter's own vote, which counts and was sent from
 * here, in an election with a sheet; 1, or 0: nothing, and evote_problem says
 * why.  Whoever has the salt, and the sheet, knows the choice.
 */
struct evote_own {
	uint64_t tracker;
	unsigned char salt[32], commitment[32];
};
int evote_own_vote(struct evote *, const char *election, struct evote_own *);
/* The same before there is a sheet: 0 also if there will be none. */
int evote_own_tracker(struct evote *, const char *election, uint64_t *tracker);
/* Whether there is one, or will be; 1 also where that is not known. */
int evote_has_sheet(struct evote *, const char *election);

/* ---- what the service signs ---- */

/*
 * Something that the service and its hosts have signed, verified: the log key's
 * signature, the place of the record, and that the checkpoint continues the
 * last one that was seen from here.  Freed with evote_proof_clear.
 */
struct evote_proof {
	char *text;	 /* of a receipt, or of a signed note */
	char *path;	 /* where a receipt is kept, or NULL */
	char *extension; /* that a checkpoint continues another: that file */
	char *no_better; /* why a receipt is the one of before, or NULL */
	char *unkept;	 /* of a receipt without a path: why */
	uint64_t size;	 /* of the checkpoint */
	unsigned char root[32];
	uint64_t seq; /* of a receipt: the record's place */
	int by_token; /* of its vote: the choice cannot be compared here */
	struct tlog_policy *policy;  /* who signs at that size */
	struct tlog_verdict verdict; /* TLOG_GOOD, or TLOG_SHORT */
};
void evote_proof_clear(struct evote_proof *);

/*
 * The receipt of the voter's own vote in this election, which counts and was
 * sent from here: a new one, unless the one that is kept has more signatures,
 * or no other can be had.
 */
enum evote_outcome evote_receipt(struct evote *, const char *election,
    uint64_t timeout_ms, struct evote_proof *);
/*
 * A checkpoint of at least what was seen.  since: another one, which it has to
 * continue; NULL: none.
 */
enum evote_outcome evote_checkpoint(
    struct evote *, const struct note *since, struct evote_proof *);
/* The policy of that size, 0: of now.  Nothing else of the proof is set. */
enum evote_outcome evote_trust(
    struct evote *, uint64_t size, struct evote_proof *);
/*
 * The policy of that size of a service that was met before, by the name in its
 * checkpoints, without asking it.  NULL: it was not.  *known is how many
 * records the ledger had when it was last asked for keys: hosts that joined
 * later are missing.  damaged is the file that cannot be read, or "".
 */
struct tlog_policy *evote_policy_kept(const char *state, const char *log,
    uint64_t size, uint64_t *known, char damaged[PATH_MAX]);
/*
 * Likewise its last checkpoint, malloc'd, and where that is kept.  NULL: there
 * is none.
 */
char *evote_checkpoint_kept(
    const char *state, const char *log, char *path, size_t size);

enum evote_outcome evote_turnout_of(
    struct evote *, const char *election, evote_turnout_res *);
enum evote_outcome evote_curve(
    struct evote *, const char *election, evote_curve_res *);
enum evote_outcome evote_report(
    struct evote *, const char *election, evote_report_res *);
/* Who the service is, once it has been met; the strings are the handle's. */
const char *evote_origin(const struct evote *);
const unsigned char *evote_cluster(const struct evote *); /* 16 bytes */
/*
 * What the service has of the voter; one page, as above.  For the first the
 * voter's key, if it is given, is tried by logging in.  A code other than 0 may
 * be the log-in's.
 */
enum evote_outcome evote_check(
    struct evote *, unsigned first, evote_check_res *);

/*
 * A vote of the voter's that was sent from here, and was answered that it
 * counts: asks whether the service still says so.  EVOTE_CHANGED if it says
 * that none counts; EVOTE_ANSWERED also if none was sent from here.
 */
enum evote_outcome evote_counted(struct evote *, const char *election);

/* ---- requests that were kept unanswered, each voter's own ---- */

struct evote_pending {
	evote_act_kind kind;
	uint64_t since;			/* when it was written down, us */
	char voter[EVOTE_NAME_MAX + 1]; /* "": by token, not known */
	char election[EVOTE_NAME_MAX + 1];
};
/*
 * All on this machine, of this service, each told to `each`, or NULL, and how
 * many.  Of EVOTE_ANSWERED; else it is not known: where the list of hosts does
 * not lead to what is kept, a host has to say which service it is.
 */
enum evote_outcome evote_pendings(struct evote *,
    void (*each)(void *arg, const struct evote_pending *), void *arg, int *n);
/* Whether the handle's voter has one, and what it is; likewise. */
enum evote_outcome evote_pending(
    struct evote *, struct evote_pending *, int *kept);
/*
 * Whether a request of that voter could be written down before it is sent: 0,
 * or -1.  Another command of the voter may be at work meanwhile.
 */
int evote_can_keep(struct evote *);
/*
 * Sends it again as it is, and keeps the receipt of a vote; the code is -1 if
 * it is gone.  With another signature, after a change of the key, it is sent
 * only by the call that says the same as it.
 */
enum evote_outcome evote_settle(struct evote *, evote_answer *);
/* Forgets it.  It may have been carried out, and is not taken back. */
enum evote_outcome evote_drop(struct evote *);

/* The hosts, in order of preference; NULL: no more. */
const char *evote_host_name(const struct evote *, int i);
/* The one that answered last, or NULL. */
const char *evote_served_by(const struct evote *);
/* The pin that the host has shown, "" as long as it was not reached by TLS. */
const char *evote_pin(const struct evote *, int host);
/*
 * Of EVOTE_FAILED: whether a host was at fault, not this computer: it is of
 * another service, or without the TLS that this one is known by.
 */
int evote_foreign(const struct evote *);
/*
 * Asks all hosts at once what they say of themselves; then evote_status tells
 * of each, the next time, what came of that.
 */
void evote_status_all(struct evote *, uint64_t timeout_ms);
/* What one host says of itself, within timeout_ms. */
enum evote_outcome evote_status(
    struct evote *, int host, uint64_t timeout_ms, evote_status_res *);

/*
 * How far the clock of the host that evote_status asked last is ahead of this
 * machine's, in microseconds, give or take *within.
 */
int64_t evote_clock_ahead(
    const struct evote *, const evote_status_res *, uint64_t *within);
/*
 * The clock of the host that serves, as far as it is known: not more than
 * EVOTE_AHEAD_S beyond ours, for whoever answers may lie.
 */
uint64_t evote_now_us(const struct evote *);
/*
 * Whether a span can be counted from it: EVOTE_ANSWERED, or EVOTE_FAILED if it
 * is further ahead, with the problem set.  Who counts one here asks this first.
 */
enum evote_outcome evote_may_count(struct evote *);
/*
 * Whether that clock is more than two seconds, beside what is uncertain, from
 * this machine's; by how much it is ahead, or 0.
 */
int64_t evote_clock_off(const struct evote *);

/*
 * In clnt_create's shape: a CLIENT for the generated stubs, connected to the
 * host of the list that serves; its calls are bounded by their stub's timeout.
 * Stock clnt_create is not used underneath: it may block for minutes, or abort.
 * NULL: see clnt_pcreateerror(3).  hosts NULL: $EVOTE_HOSTS; nettype is "tcp"
 * or NULL.  With TLS where it is offered; with a pin, see above, only so.
 */
CLIENT *evote_clnt_create(
    const char *hosts, rpcprog_t prog, rpcvers_t vers, const char *nettype);
CLIENT *evote_clnt_create_timed(const char *hosts, rpcprog_t prog,
    rpcvers_t vers, const char *nettype, const struct timeval *timeout);

#endif
