/*
 * Two hosts with an arbiter, by the rules of the protocol; the numbers in
 * comments are theirs.  The network loses and delays messages at will,
 * suspicion comes at any moment, for no reason, and the arbiter's answers may
 * get lost.  A step is one atomic action of a host; a host's whole state is in
 * its Host, so every process has one control state only.
 */
#ifndef EPOCHS
#define EPOCHS		4	/* configurations are decided up to this one */
#endif
#ifndef OPS
#define OPS		1	/* operations clients want done: 1 .. OPS */
#endif
#ifndef READS
#define READS		1
#endif
#ifndef CRASHES
#define CRASHES		2
#endif
#ifndef WIPES
#define WIPES		1
#endif
#ifndef SLOTS
#define SLOTS		1	/* messages under way to a host */
#endif

#include "promise.pml"

mtype:role = { DOWN, STARTED, WAITING, FOLLOW, ESTABLISHING, PRIMARY, HANDING };
mtype:kind = { NOTHING, APPEND, ACK };

/* A configuration; the in-sync set holds incarnations, as bits. */
typedef Config {
	unsigned epoch : 3;
	unsigned primary : 2;
	unsigned set : 4
}

typedef Message {
	mtype:kind kind;
	unsigned epoch : 3;
	unsigned from : 2;	/* the sender's incarnation */
	unsigned round : 2;
	unsigned size : 3;
	int log			/* APPEND: to be held; ACK: is on its disk */
}

typedef Host {
	/* On disk.  A wiped one is another incarnation: 0 or 2, 1 or 3. */
	unsigned id : 2;
	Config k;
	int disk;
	/* In memory. */
	mtype:role role;
	int log;
	unsigned size : 3;	/* of the log, */
	unsigned durable : 3;	/* of what of it is on the disk */
	unsigned done : 3;	/* operations in it, as bits: the client table */
	/* A primary's. */
	unsigned reign : 3;	/* the epoch in which it began to lead */
	unsigned first : 3;	/* size with the reign's first record */
	unsigned accepted : 3;
	unsigned acker : 2;	/* whom it hears as its follower */
	unsigned acked : 3;	/* on that one's disk, said in this epoch */
	unsigned word : 2;	/* newest round that one repeated */
	unsigned round : 2;	/* of the newest reading */
	unsigned reading : 3;	/* records it shows; 0: none is waiting */
	bit fresh;		/* they were all that counted when asked */
	unsigned wanted : 4;	/* set of a proposal that may be decided */
	/* A follower's. */
	unsigned matched : 3;	/* its ledger is the primary's so far */
	unsigned heard : 2	/* newest round */
}

typedef Way {
	Message slot[SLOTS]
}

Host host[2];
Way way[2];		/* to that host */
Config ask[2];		/* proposal under way; expects epoch, 0: none */
Config arbiter;
byte reads, crashes, wipes;

#define ME		host[h]
#define PEER		host[1 - h]
#define MSG(to, i)	way[to].slot[i]
#define BIT(id)		(1 << (id))
#define MINE		BIT(ME.id)
#define LEADS		(ME.role == ESTABLISHING || ME.role == PRIMARY || \
			 ME.role == HANDING)
#define RUNS		(ME.role != DOWN)

/*
 * Whose acknowledgement and whose word a primary needs: those of every other
 * host in its set, and of one that an undecided proposal of its own may have
 * added.  One that a proposal leaves out is needed until that is known.
 */
#define OTHERS		(ME.k.set & ~MINE)
#ifdef BUG_ALONE_BEFORE_CAS
#define NEEDED		(ME.wanted == MINE -> 0 : (OTHERS | ME.wanted & ~MINE))
#else
#define NEEDED		(OTHERS | ME.wanted & ~MINE)		/* 8, 9 */
#endif

#define ACCEPTABLE	(NEEDED == 0 -> ME.durable :		/* 4 */ \
			 (NEEDED == BIT(ME.acker) -> \
			  MIN(ME.acked, ME.durable) : 0))
#ifdef BUG_READ_UNCONFIRMED
#define CONFIRMED	1
#elif defined BUG_REUSE_CONFIRMATION
#define CONFIRMED	(NEEDED == 0 || \
			 NEEDED == BIT(ME.acker) && ME.acked > 0)
#else
#define CONFIRMED	(NEEDED == 0 ||				/* 10 */ \
			 NEEDED == BIT(ME.acker) && ME.word >= ME.round)
#endif

/* What is accepted, and only then is anyone told (4, 5, 6). */
inline advance()
{
	if
	:: LEADS && ACCEPTABLE >= ME.first ->
		ME.accepted = MAX(ME.accepted, ACCEPTABLE);
		tell(ME.log, ME.accepted, ME.reign);
		if
		:: ME.role == ESTABLISHING -> ME.role = PRIMARY
		:: else
		fi;
		if
		:: ME.reading > 0 && ACCEPTABLE >= ME.reading && CONFIRMED ->
			assert(ME.fresh);				/* I3 */
			served = MAX(served, ME.reign);
			ME.reading = 0;
			ME.fresh = 0
		:: else
		fi
	:: else
	fi
}

/* What was said in another epoch counts no longer. */
inline forget()
{
	ME.acker = ME.id;
	ME.acked = 0;
	ME.word = 0;
	ME.wanted = 0;
	ME.matched = 0;
	ME.heard = 0
}

inline follow()
{
	ME.role = FOLLOW;
	ME.reign = 0;
	ME.first = 0;
	ME.accepted = 0;
	ME.round = 0;
	ME.reading = 0;
	ME.fresh = 0
}

/* What follows from the log and the disk. */
inline measure()
{
	count_common(ME.log, ME.disk);
	ME.durable = n;
	ME.done = 0;
	n = 0;
	do
	:: n < LOG_MAX && AT(ME.log, n) != 0 ->
		ME.done = ME.done | 1 << OP_AT(ME.log, n) & 6;
		n++
	:: else -> break
	od;
	ME.size = n;
	n = 0
}

inline append(op)
{
	ME.log = ME.log | RECORD(ME.reign, op) << ME.size * 5;
	ME.done = ME.done | 1 << op & 6;
	ME.size++
}

/* Begins to lead, in an epoch that is decided (6). */
inline begin()
{
	writer_check(ME.k.epoch);
	ME.reign = ME.k.epoch;
#ifdef BUG_FORGET_CLIENTS
	ME.done = 0;
#endif
#ifdef BUG_SERVE_OWN_TAIL
	tell(ME.log, ME.size, ME.reign);
#endif
#ifdef BUG_NO_BARRIER
	ME.role = PRIMARY
#else
	append(0);
	ME.first = ME.size;
	ME.role = ESTABLISHING
#endif
}

/* Asks the arbiter for the next epoch; the outcome is known by reading. */
inline propose(primary_, set_)
{
	ask[h].epoch = ME.k.epoch;
	ask[h].primary = primary_;
	ask[h].set = set_;
	ME.wanted = ME.wanted | set_
}

inline ask_end()
{
	ask[h].epoch = 0;
	ask[h].primary = 0;
	ask[h].set = 0
}

inline drop(to, i)
{
	MSG(to, i).kind = NOTHING;
	MSG(to, i).epoch = 0;
	MSG(to, i).from = 0;
	MSG(to, i).round = 0;
	MSG(to, i).size = 0;
	MSG(to, i).log = 0
}

/*
 * What would be refused or ignored whenever it came is dropped at once, and
 * not sent: fewer states, same behaviour.  Nobody leads an epoch again that
 * it has left.
 */
#define VOID(i)		(MSG(h, i).kind != NOTHING && \
			 (MSG(h, i).epoch < ME.k.epoch || \
			  MSG(h, i).kind == ACK && !LEADS))
#define HEARD_BY_PEER	(PEER.k.epoch <= ME.k.epoch)
#define PEER_LEADS	(PEER.k.epoch == ME.k.epoch && PEER.reign > 0)

inline drop_void()
{
	if
	:: VOID(0) -> drop(h, 0)
	:: else
	fi
#if SLOTS > 1
	;
	if
	:: VOID(1) -> drop(h, 1)
	:: else
	fi
#endif
}

/* What is under way to a life of a host does not reach its next one. */
inline end_sessions()
{
#ifdef BUG_EARLIER_SESSION_PUSH
	drop_void()
#else
	drop(h, 0)
#if SLOTS > 1
	;
	drop(h, 1)
#endif
#endif
}

/* Takes over the arbiter's configuration (2). */
inline learn()
{
	ME.k.epoch = arbiter.epoch;
	ME.k.primary = arbiter.primary;
	ME.k.set = arbiter.set;
	forget();
	if
	:: ME.k.primary != ME.id -> follow()
	:: else ->
		if
		:: LEADS ->
			writer_check(ME.k.epoch);
			ME.role = (ME.role == HANDING -> PRIMARY : ME.role)
		:: ME.role == STARTED ->
#ifdef BUG_SAME_EPOCH
			begin()
#else
			ME.role = WAITING				/* 1 */
#endif
		:: else -> begin()
		fi;
		advance()
	fi;
	drop_void()
}

inline put(to, i, what, round_, size_, log_)
{
	MSG(to, i).kind = what;
	MSG(to, i).epoch = ME.k.epoch;
	MSG(to, i).from = ME.id;
	MSG(to, i).round = round_;
	MSG(to, i).size = size_;
	MSG(to, i).log = log_
}

#define FREE(to, i)	(MSG(to, i).kind == NOTHING)
#if SLOTS > 1
#define ROOM(to)	(FREE(to, 0) || FREE(to, 1))
#define send(to, what, round_, size_, log_) \
	if \
	:: FREE(to, 0) -> put(to, 0, what, round_, size_, log_) \
	:: else -> put(to, 1, what, round_, size_, log_) \
	fi
#else
#define ROOM(to)	FREE(to, 0)
#define send(to, what, round_, size_, log_) \
	put(to, 0, what, round_, size_, log_)
#endif

/* A follower's ledger becomes the one pushed: the rest is cut off (9). */
inline take_log(i)
{
	ME.matched = MSG(h, i).size;
#ifdef BUG_KEEP_LONGER_TAIL
	ME.log = MSG(h, i).log | TAIL(ME.log, MSG(h, i).size);
#elif defined BUG_LEVEL_BY_LENGTH
	ME.log = PREFIX(ME.log, MSG(h, i).size) | TAIL(MSG(h, i).log, ME.size);
#else
	ME.log = MSG(h, i).log;
#endif
	measure()
}

/* A push, the whole ledger at once, with a round to be repeated. */
inline take(i)
{
	if
	:: ME.role == FOLLOW && MSG(h, i).epoch == ME.k.epoch ->	/* 2 */
		if
		:: MSG(h, i).size > ME.matched -> take_log(i)
		:: else
		fi;
		ME.heard = MAX(ME.heard, MSG(h, i).round)
	:: else
	fi
}

#ifdef BUG_ACK_BEFORE_SYNC
#define ACKABLE		ME.matched
#else
#define ACKABLE		MIN(ME.durable, ME.matched)	/* 4 */
#endif

/* A backup's word on what its primary calls accepted. */
#ifdef BUG_SIGN_STORED
#define SIGNABLE	ACKABLE
#else
#define SIGNABLE	MIN(ACKABLE, PEER.accepted)		/* 20 */
#endif

/* The proof of being level: epoch, incarnation, size and root (9). */
#ifdef BUG_LEVEL_BY_LENGTH
#define FITS(m)		(m.size <= ME.size)
#else
#define FITS(m)		(m.size <= ME.size && EQUAL(m.log, ME.log, m.size))
#endif

inline acknowledged(i)
{
	if
	:: LEADS && MSG(h, i).epoch == ME.k.epoch && FITS(MSG(h, i)) ->
		if
		:: ME.acker != MSG(h, i).from ->
			ME.acker = MSG(h, i).from;
#ifndef BUG_EARLIER_SESSION_ACK
			ME.acked = 0;
			ME.word = 0
#endif
		:: else
		fi;
		ME.acked = MAX(ME.acked, MSG(h, i).size);
		ME.word = MAX(ME.word, MSG(h, i).round);
		advance()
	:: else
	fi
}

inline receive(i)
{
	if
	:: MSG(h, i).kind == APPEND -> take(i)
	:: else -> acknowledged(i)
	fi;
	drop(h, i)
}

#define MAY_CRASH	(RUNS && crashes < CRASHES)
inline crash(left_)
{
	crashes++;
	ME.disk = left_;
	scratch = 0;
	ME.log = 0;
	measure();
	forget();
	follow();
	ME.role = DOWN;
	end_sessions()
}

inline wipe()
{
	ME.disk = 0;
#ifndef BUG_KEEP_IDENTITY
	ME.id = ME.id + 2;
	ME.acker = ME.id;
#endif
	ME.k.epoch = 0;
	ME.k.primary = 0;
	ME.k.set = 0
}

/* The target leads before the arbiter has decided, and we go on. */
inline hand_over_early()
{
#ifdef BUG_HAND_OVER_EARLY
	ME.role = PRIMARY;
	h = 1 - h;
	if
	:: ME.role == FOLLOW && ME.k.epoch == PEER.k.epoch ->
		forget();
		ME.k.epoch = ME.k.epoch + 1;
		ME.k.primary = ME.id;
		begin()
	:: else
	fi;
	h = 1 - h
#else
	skip
#endif
}

#define FULL		(ME.size == LOG_MAX)
#define MAY_ASK		(ask[h].epoch == 0 && ME.k.epoch < EPOCHS && !FULL)
#ifdef BUG_TAKE_OVER_OUTSIDE
#define MAY_TAKE_OVER	(ME.k.primary != ME.id)
#else
#define MAY_TAKE_OVER	(ME.k.primary != ME.id && (ME.k.set & MINE))	/* 7 */
#endif

proctype live(byte h)
{
	do
	/* Clients, again and again. */
	:: d_step { ME.role == PRIMARY && !FULL && !(ME.done & 2) -> append(1) }
#if OPS > 1
	:: d_step { ME.role == PRIMARY && !FULL && !(ME.done & 4) -> append(2) }
#endif
	:: d_step {
		ME.role == PRIMARY && ME.reading == 0 && reads < READS ->
		reads++;
		ME.round++;
		ME.reading = ME.size;
		ME.fresh = FRESH(ME.log, ME.size);
		advance()
	}
	/* The disk. */
	:: d_step { RUNS && ME.disk != ME.log ->
		ME.disk = ME.log;
		ME.durable = ME.size;
		advance()
	}
	/* The network. */
	:: d_step {
		LEADS && ROOM(1 - h) && HEARD_BY_PEER ->
		send(1 - h, APPEND, ME.round, ME.size, ME.log)
	}
	:: d_step {
		ME.role == FOLLOW && ME.matched > 0 && ROOM(1 - h) && PEER_LEADS ->
		n = ACKABLE;
		scratch = PREFIX(ME.log, n);
		send(1 - h, ACK, ME.heard, n, scratch);
		n = 0;
		scratch = 0
	}
	:: d_step {
		ME.role == FOLLOW && (ME.k.set & MINE) && PEER_LEADS ->
		n = SIGNABLE;
		sign(ME.log, n);
		n = 0
	}
	:: d_step { RUNS && !FREE(h, 0) -> receive(0) }
	:: d_step { !FREE(h, 0) -> drop(h, 0) }
#if SLOTS > 1
	:: d_step { RUNS && !FREE(h, 1) -> receive(1) }
	:: d_step { !FREE(h, 1) -> drop(h, 1) }
#endif
	/* The arbiter: one proposal an epoch is granted (1). */
	:: d_step {
		ask[h].epoch != 0 ->
		if
		:: ask[h].epoch == arbiter.epoch ->
			arbiter.epoch = arbiter.epoch + 1;
			arbiter.primary = ask[h].primary;
			arbiter.set = ask[h].set
		:: else
		fi;
		ask_end()
	}
	:: d_step { ask[h].epoch != 0 -> ask_end() }
	:: d_step {
		RUNS && (ME.k.epoch < arbiter.epoch || ME.role == STARTED) ->
		learn()
	}
	/* Proposals: take over; */
	:: d_step {
		ME.role == FOLLOW && MAY_ASK && MAY_TAKE_OVER ->
		propose(ME.id, MINE)
	}
	/* started again as the primary (1); */
	:: d_step { ME.role == WAITING && MAY_ASK -> propose(ME.id, ME.k.set) }
	/* go on alone (8); */
	:: d_step { LEADS && MAY_ASK && OTHERS != 0 -> propose(ME.id, MINE) }
	/* let a level host join (9); */
	:: d_step {
		ME.role == PRIMARY && MAY_ASK && OTHERS == 0 &&
		ME.acker != ME.id && ME.acked >= ME.accepted ->
		propose(ME.id, MINE | BIT(ME.acker))
	}
	/* hand over (11), and call that off. */
	:: d_step {
		ME.role == PRIMARY && MAY_ASK && OTHERS != 0 &&
		OTHERS == BIT(ME.acker) && ME.reading == 0 &&
		ACCEPTABLE == ME.size ->
		ME.role = HANDING;
		propose(ME.acker, ME.k.set);
		hand_over_early()
	}
	:: d_step {
		ME.role == HANDING && ask[h].epoch == 0 &&
		ME.k.epoch == arbiter.epoch ->
		ME.role = PRIMARY
	}
	/* Faults. */
	:: d_step {	/* nothing of what was under way was stored; */
		MAY_CRASH -> crash(ME.disk)
	}
	:: d_step {	/* or the old tail was cut off, or more. */
		MAY_CRASH && ME.disk != ME.log ->
		scratch = PREFIX(ME.log, ME.durable);
		crash(scratch)
	}
	:: d_step {
		MAY_CRASH && ME.durable + 1 < ME.size ->
		scratch = PREFIX(ME.log, ME.durable + 1);
		crash(scratch)
	}
	:: d_step {
		MAY_CRASH && ME.durable < ME.size -> crash(ME.log)
	}
	:: d_step {
		ME.role == DOWN ->
		ME.role = STARTED;
		ME.log = ME.disk;
		measure()
	}
	:: d_step { ME.role == DOWN && wipes < WIPES && ME.id < 2 ->
		wipes++;
		wipe()
	}
	od
}

init {
	byte h;

	d_step {
		told = RECORD(1, 0);
		told_size = 1;
		served = 1;
		writer_check(1);
		arbiter.epoch = 1;
		arbiter.primary = 0;
		arbiter.set = 3;
		h = 0;
		do
		:: h < 2 ->
			ME.id = h;
			ME.acker = h;
			ME.k.epoch = 1;
			ME.k.primary = 0;
			ME.k.set = 3;
			ME.log = told;
			ME.disk = told;
			measure();
			ME.role = FOLLOW;
			drop(h, 0);
#if SLOTS > 1
			drop(h, 1);
#endif
			h++
		:: else -> break
		od;
		h = 0;
		ME.role = PRIMARY;
		ME.reign = 1;
		ME.first = 1;
		ME.accepted = 1
	}
	atomic {
		run live(0);
		run live(1)
	}
}
