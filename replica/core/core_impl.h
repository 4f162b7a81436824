#ifndef EVOTE_CORE_IMPL_H
#define EVOTE_CORE_IMPL_H

/*
 * The core's state and the doors between its files, from the ground up, as
 * README.md lists them: each knows only those above it there.
 */
#include "replica/core/clock.h"
#include "replica/core/config.h"
#include "replica/core/core.h"
#include "replica/core/role.h"
#include "replica/core/times.h"

struct waiter {
	uint64_t ticket;
	uint64_t need;	/* records that must be accepted */
	uint64_t round; /* of reading that must be confirmed; 0: none */
	uint64_t since_ms;
};

struct queue {
	struct waiter *items;
	uint64_t head, tail, max; /* max: power of two */
};

/* A request that waits for this host to know whether it serves. */
struct parked {
	uint64_t ticket;
	evote_seen seen;
	uint64_t since_ms;
};

/* Work on the disk, oldest first. */
struct job {
	uint64_t number;
	enum { JOB_STORE, JOB_TRUNCATE, JOB_SAVE, JOB_LOAD } kind;
	uint64_t size; /* JOB_STORE: durable afterwards */
	int peer;      /* JOB_LOAD */
};

/* A reply to a peer that waits for the disk. */
struct deferred {
	uint64_t handle;
	struct message *reply;
	uint64_t job;  /* a JOB_SAVE that must be done first, 0: none */
	uint64_t size; /* durable records, 0: none */
	uint64_t conn;
};

/*
 * A primary's view of a peer, as etcd's Progress: void when the link or the
 * epoch changes.
 */
enum peer_phase {
	PEER_PROBING, /* where its ledger ends is not known, or it is away */
	PEER_CATCHING_UP, /* it is pushed what it lacks; not in the set */
	PEER_STREAMING,	  /* it is pushed what comes; in the set */
	PEER_UNFIT	  /* it has halted, or its ledger does not fit */
};

/* How near a peer is to the set, of which it is not a member yet. */
enum join_phase {
	JOIN_NONE,
	JOIN_COUNTS, /* nothing is committed without it: it is about to join */
	JOIN_ASKED   /* likewise; an arbiter was asked whether it joins */
};

/* What the primary knows of a peer's own key, on the present link. */
enum key_phase {
	KEY_UNKNOWN,
	KEY_NONE,   /* its version is an older one */
	KEY_TOLD,   /* it has said so */
	KEY_REFUSED /* so it has, and it cannot be that */
};

struct peer {
	/* The link on which this host is the caller. */
	int up;
	int port_refuses; /* nobody listens there, since it went down */
	int reached;	  /* that link has led to it, where it leads now */
	int called;	  /* it has called: it lives, there or elsewhere */
	uint64_t conn;	  /* its last connection to us, 0: gone */
	uint64_t last_received_ms; /* when anything came, or the link */
	uint64_t word_ms;	   /* when it said anything itself */
	uint64_t last_sent_ms;	   /* when we last called it */
	uint64_t asked_ms; /* the first call since its last reply, 0: none */

	/* Its last hello; role is EVOTE_HALTED until there was one. */
	int met; /* it said hello on the present link or connection */
	incarnation id;
	/* Its process, the one before, and how often that came back. */
	incarnation instance, before;
	uint64_t instance_ms; /* when that was first heard */
	int returns;
	uint64_t return_ms; /* when that was counted last */
	/* The last hello may be late, of another process; since when. */
	int returned;
	uint64_t returned_ms;
	/* Why this host does not heed it, and it not this host. */
	evote_refusal refusal, refused_by;
	evote_role role;
	evote_config config;
	uint64_t serial; /* of that hello, while the process is the same */
	int room;	 /* its disk is not nearly full */
	int resigned;	 /* it may be left out */
	uint64_t suspect_ms;
	uint64_t size, committed;
	evote_position *epochs;
	uint32_t n_epochs;

	enum peer_phase phase;
	uint64_t next;	/* first record not sent, from CATCHING_UP on */
	uint64_t acked; /* on its disk, said in this epoch */
	uint64_t round; /* latest that it has confirmed */
	int in_flight;	/* appends not answered */
	uint64_t load;	/* a JOB_LOAD for it, 0: none */
	enum join_phase join;
	incarnation joining; /* JOIN_ASKED: the one it was asked about */
	uint64_t counts_ms;  /* since when it counts */
	uint64_t retry_ms;   /* it does not count before */
	int confirming;	     /* a confirm is not answered */
	uint64_t sent_round; /* of the last append or confirm */
	int first;	     /* an append is due even without records */
	int yielded; /* handed over to us on purpose, and not away since */

	enum key_phase key_phase;
	unsigned char key[32];
	incarnation key_id; /* whose that is */
	int signing;	    /* SAY_SIGN is not answered */
};

/* Who was refused lately, and is no peer. */
#define STRANGERS 4
struct stranger {
	evote_refusal why;
	char name[EVOTE_HOST_MAX + 1];
	uint64_t last_received_ms;
};

enum proposal_kind {
	P_CLAIM,   /* this host becomes primary */
	P_FORCE,   /* the same, by an operator's order */
	P_SHRINK,  /* a host is left out of the set */
	P_GROW,	   /* one comes into it */
	P_HAND,	   /* another one becomes primary */
	P_NAMED,   /* this host does, since another one has decided so */
	P_RENEW,   /* as it is, in a later epoch */
	P_ARBITER, /* another arbiter */
	P_HOSTS	   /* other hosts, or another order */
};

/* How far it has come.  proposal.c has the table of what goes with a role. */
enum proposal_phase {
	PROPOSAL_IDLE,	     /* there is none */
	PROPOSAL_CONFIRMING, /* all of the set are asked who is primary */
	PROPOSAL_ASKING_NEW, /* the arbiter that is to be */
	PROPOSAL_ASKING,     /* the arbiter that is */
	PROPOSAL_STORING,    /* on this host's disk */
	PROPOSAL_PHASE_NR
};

struct proposal {
	enum proposal_phase phase;
	enum proposal_kind kind;
	evote_config next;
	uint64_t round;	   /* CONFIRMING: to be confirmed */
	uint64_t job;	   /* STORING */
	uint64_t begun_ms; /* of this phase, but STORING */
};

/* What an operator ordered and will not happen, and why. */
struct given_up {
	char text[EVOTE_TEXT_MAX + 1]; /* "": nothing */
	uint64_t at_ms;
};

struct core {
	struct core_config cf;
	const struct machine *machine;
	const struct driver *driver;
	void *arg;

	int own_list;	/* so many of cf.names are from there */
	int order_told; /* that it has another order than the configuration */
	uint64_t now_ms, wall_us; /* of the present event */
	uint64_t step_ms;	  /* of the event before, 0: none */
	struct clock clock;
	int clock_alarmed;

	evote_config config;
	uint64_t seen_epoch; /* highest anyone has named */
	evote_role role;
	char fault[400]; /* why halted, and what to do */
	int may_force;	 /* an operator may end this halt */

	struct history *log;
	uint64_t submitted; /* given to the disk */
	uint64_t durable;
	uint64_t committed;
	evote_stamp stamp;
	uint64_t establish_size; /* size to be accepted before serving */
	int storing;		 /* JOB_STOREs under way */
	uint64_t unreadable;	 /* a record for a joiner, and 1; 0: none */
	struct job *jobs;	 /* ring */
	uint64_t job_head, job_tail, job_max;
	struct deferred *deferred;
	uint32_t n_deferred, max_deferred;

	struct queue writes, reads;
	int stuck; /* some have waited for long, and it was said */
	struct parked *parked;
	uint32_t n_parked, max_parked;

	uint64_t round;	    /* of the last append or confirm */
	uint64_t last_save; /* job number of a save under way, 0: none */
	int hello_due;	    /* our role, configuration or room changed */
	uint64_t serial;    /* of our last hello */
	int no_room;	    /* this host's disk is nearly full */

	/* Follower: so far our ledger is the primary's, shown in this epoch. */
	uint64_t matched;
	/* Establishing: it stands on what was said before; policy.c ends it. */
	int unverified_claim;
	/* Backup: nobody can have taken it out of the set since. */
	int membership_confirmed;
	int must_reconfirm; /* stopped, and no primary has answered since */
	int resigned;	    /* for want of room: see follow_room */
	int relieved;	    /* so it handed over last */
	int key_refused;    /* this host's own, see cosign.c */
	int keys_due;	    /* there may be keys to record: also at each tick */

	struct proposal proposal;
	uint64_t arbiter_ms; /* when it last answered */
	int arbiter_away;
	uint64_t blank_ms;    /* when it last said to know nothing at all */
	int arbiter_behind;   /* it has an older configuration than we */
	int arbiter_stranger; /* it has another cluster's */
	uint64_t again_ms;    /* nothing is proposed before */
	uint64_t claim_ms;    /* no claim before */
	int claims;	      /* since this host last served or followed */
	uint64_t renew_ms;    /* no renewal before */
	uint64_t waiting_ms;  /* since when in that role */
	int hand_to;
	int hand_ordered; /* by an operator */
	uint64_t hand_ms, hand_retry_ms;
	struct given_up given_up;
	char refusal[2 * EVOTE_HOST_MAX + 60]; /* of an order, made of names */

	struct peer peers[EVOTE_HOSTS_MAX];
	struct stranger strangers[STRANGERS];
};

/* state.c */
struct message *core_message(enum message_kind, int reply);
const unsigned char *core_self(const struct core *);
int core_leads(const struct core *); /* establishing, primary or handing over */
int core_arbitrated(
    const struct core *); /* somebody else decides about the configuration */
int core_peer_of(const struct core *, const void *id);
/* The peer that has said it has this incarnation, or NULL. */
const struct peer *core_member(const struct core *, const void *id);
/* The peer that is the configuration's primary, or -1 (unknown, or this host).
 */
int core_primary_peer(const struct core *);
void core_say(struct core *, int alarm, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends to a text of that size. */
void core_add_text(char *text, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void core_restamp(
    struct core *); /* the configuration, or what is accepted, has changed */
struct entry_header core_next_header(const struct core *);
/* A reply told the peer's clock; it was asked for at that time of ours. */
void core_hear_clock(
    struct core *, int peer, uint64_t clock_us, uint64_t asked_ms);
/* The log position behind the first size records. */
void core_position(const struct core *, uint64_t size, evote_position *);
/*
 * The least that any other host of the set has said, and any that counts, of n;
 * 0 when one of the set is not known by its incarnation.
 */
typedef uint64_t core_said(const struct peer *);
uint64_t core_least(const struct core *, uint64_t n, core_said *);
/* Where one is that may have joined, there is another directory by now. */
int core_replaced(const struct peer *);
void core_append_record(struct core *, struct record *);
void core_called(struct core *, int peer);   /* a reply is due */
void core_heard(struct core *, int peer);    /* it called, itself */
void core_answered(struct core *, int peer); /* it replied, itself */
int core_pushed(const struct peer *);	     /* catching up, or streaming */
void core_probe(struct peer *);	      /* so it is pushed nothing any more */
void core_reset_peers(struct core *); /* the epoch changed, or begins */

/* failure.c */
/* Neither halted, nor diverged, and neither end refuses the other. */
int failure_is_fit(const struct peer *);
int failure_is_gone(const struct core *, const struct peer *);
/* Nobody listens where our link leads: is that where the peer would? */
int failure_is_its_door(const struct peer *);
/* Silence of a peer that makes it suspect. */
uint64_t failure_timeout(const struct core *);
int failure_suspected(const struct core *, int peer);
int failure_of(const struct core *, const evote_member *);
int failure_resigned(const struct core *, const evote_member *);
/* Must the primary leave this host out of the set? */
int failure_must_leave(const struct core *, const evote_member *);
int failure_none(const struct core *); /* nobody has to be left out */
/* It has halted, and knows no newer configuration: it does not go on. */
int failure_halted(const struct core *, const struct peer *); /* NULL fine */
void failure_leave_halted(const struct core *, evote_config *);

/* hosts.c */
int hosts_slot(const struct core *, const char *name); /* or -1 */
/* In the set, with the incarnation heard of, under the name of this place. */
int hosts_in_sync(const struct core *, int i);
const char *hosts_own_name(const struct core *);
/* What numbers its epochs, and says who takes over first. */
unsigned hosts_number(
    const struct core *, const evote_config *, const char *name);
int hosts_preferred(const struct core *, int peer); /* to this host */
/* This host's own list has another order than the cluster's. */
int hosts_order_differs(const struct core *);
/* Without an arbiter it would suspect others sooner or later than this host. */
int hosts_timeout_differs(const struct core *, int peer);
int hosts_is_member(const struct core *, const char *name);
int hosts_takes_part(const struct core *, int peer);
/* Its own list, which wins, has another address, where it was not reached. */
int hosts_address_differs(const struct core *, int peer);
void hosts_moved(struct core *, const evote_config *old);
void hosts_meet(struct core *); /* as the configuration names them */
void hosts_first(const struct core *, evote_config *);

/* hello.c */
struct message *hello_call(struct core *);
/* `asked` as in the call. */
struct message *hello_reply(struct core *, uint64_t asked, evote_refusal);
void hello_send(struct core *, int peer); /* -1: all */
void hello_beat(struct core *);		  /* each tick */

/* jobs.c */
void jobs_add(
    struct core *, int kind, uint64_t number, uint64_t size, int peer);
void jobs_save(struct core *); /* the configuration, as it is now */
void jobs_store(struct core *);
/* Jobs on the disk keep their order: is this one still to be done? */
int jobs_pending(const struct core *, uint64_t number);
void jobs_truncate(struct core *, uint64_t size);
void jobs_trim(struct core *);

/* requests.c */
/* Who has waited longest for an answer; NULL: nobody does. */
const struct waiter *requests_oldest(const struct core *);
void requests_do_due(struct core *);
void requests_take(struct core *, uint64_t ticket, const evote_seen *);
void requests_release_parked(struct core *);
void requests_release_all(struct core *);
/* Those that wait for no more than that much, and for that confirmation. */
void requests_answer(struct core *, uint64_t accepted, uint64_t confirmed);

/* roles.c */
void core_move(struct core *, enum role_event on);
/* What ends the faults of a ledger that does not go with the others'. */
#define CORE_ASIDE                                                           \
	"; move the data directory aside, keep it, and start with an empty " \
	"one"
void core_fault(struct core *, int may_force, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void core_take_config(struct core *, const evote_config *);
void core_reconfirm(struct core *); /* takes over nothing before it has asked */

/* commit.c */
void commit_to(struct core *, uint64_t size); /* that much is accepted */
void commit_advance(struct core *);

/* cosign.c */
static inline int
key_is_none(const unsigned char key[32])
{
	static const unsigned char none[32];

	return (memcmp(key, none, sizeof(none)) == 0);
}
void cosign_begin(struct core *);  /* a new cluster: after its first EPOCH */
void cosign_record(struct core *); /* what is due, at the primary */
int cosign_may_join(const struct core *, const struct peer *);
void cosign_beat(struct core *); /* each tick: asks for keys */
void cosign_heard(struct core *, int peer, const evote_signed_by *);
void cosign_answer(const struct core *, const evote_sign *, evote_taken heeded,
    evote_signed_by *);
/* This host's key is not the one that the ledger has of it. */
int cosign_key_differs(const struct core *);

/* lead.c */
int lead_under_way(const struct core *);      /* a batch is, to the disks */
void lead_pump(struct core *, int under_way); /* send what may be sent */
void lead_beat(struct core *);		      /* each tick */
void lead_ready(struct core *, int peer);     /* its hello fits our epoch */
void lead_acked(struct core *, int peer, const struct message *);
void lead_loaded(struct core *, int peer, const struct event *);
uint64_t lead_confirmed(const struct core *); /* by every in-sync host */

/* proposal.c */
evote_config *proposal_draft(
    struct core *); /* begins with the present configuration */
/* Whether a proposal is under way, so that there can be no other. */
int proposal_open(const struct core *);
/* Such a one, that far. */
int proposal_is(const struct core *, enum proposal_kind, enum proposal_phase);
void proposal_check(const struct core *); /* the phase goes with the role */
void proposal_make(struct core *, enum proposal_kind);
/* What was ordered before, and given up, is not told of any more. */
void proposal_begin_order(struct core *);
/*
 * For the operator, when one has ordered this: it will not happen, and why, and
 * what to do, without the last full stop.
 */
void proposal_give_up(struct core *, enum proposal_kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void proposal_not_handed(struct core *);
void proposal_put(struct core *);
void proposal_ask(struct core *);
void proposal_store(struct core *);
void proposal_claim(struct core *, enum proposal_kind);
void proposal_stored(struct core *, uint64_t job);
uint64_t proposal_decided(const struct core *); /* the epoch, here */
void proposal_forget(struct core *);
void proposal_drop(struct core *);
/* 1, and this host halts, when that leaves it behind for good. */
int proposal_bars(struct core *, const evote_config *);
void proposal_adopt(struct core *, const evote_config *);

/* arbitration.c */
int arbitration_pending(const struct core *); /* it owes an answer */
int arbitration_overdue(const struct core *);
/* It answers, and knows no decision: its memory is new, or was lost. */
int arbitration_blank(const struct core *);
int arbitration_answers(const struct core *);
void arbitration_heard(struct core *, const evote_decided *);
void arbitration_beat(struct core *); /* each tick */
/* Somebody has this configuration: 1 when it is what the arbiter was asked for.
 */
int arbitration_granted(struct core *, const evote_config *);

/* handshake.c */
void handshake_take(struct core *, int peer, struct message *, uint64_t conn);
void handshake_refused(struct core *, int peer, evote_refusal);

/* follow.c */
void follow_stranger(struct core *, const struct event *);
void follow_call(struct core *, const struct event *);
void follow_room(struct core *);	  /* resigns, or ends that */
void follow_send_deferred(struct core *); /* replies whose time has come */
void follow_forget(struct core *, uint64_t conn);

/* policy.c */
void policy_act(struct core *);
int policy_may_take(const struct core *, int peer);
/* All of the set have this epoch from us, or halted in it. */
int policy_confirmed(const struct core *);
void policy_hand_over(struct core *, int to, int ordered);

/* stuck.c */
/* Does that answer wait for this host in sync? */
int stuck_on(const struct core *, const struct waiter *, const evote_member *);
void stuck_text(const struct core *, char *text, size_t size);
int stuck_long(const struct core *); /* some have waited for long */
void stuck_tell(struct core *);

#endif
