/*
 * Two hosts without an arbiter, as replica/ does it: the configuration is
 * decided on the disk of the host that changes it, processes crash and are
 * started again, and a crash is seen: the connections end and new ones are
 * refused.  Numbers in comments are those of the protocol's rules; words like
 * `counts` are replica/'s.  A step is one atomic action of a host, a host's
 * whole state is in its Host, so every process has one control state only.
 */
#ifndef FIRST
#define FIRST		0	/* the primary at the beginning */
#endif
#ifndef REIGNS
#define REIGNS		4	/* so often somebody begins to lead */
#endif
#ifndef OPS
#define OPS		1	/* operations clients want done: 1 .. OPS */
#endif
#ifndef READS
#define READS		1
#endif
#ifndef CRASHES
#define CRASHES		3
#endif
#ifndef WIPES
#define WIPES		0
#endif
#ifndef HANDS
#define HANDS		1	/* hand-overs begun */
#endif
#ifndef BREAKS
#define BREAKS		0	/* connections that end without a crash */
#endif
#ifdef BUG_NO_GAP
#define GAP		0
#else
#define GAP		2	/* more than one host decides untold; 1,000 */
#endif
#define EPOCH_MAX	24

#include "promise.pml"

mtype:role = { DOWN, WAITING, JOINING, BACKUP, CLAIMING, ESTABLISHING, PRIMARY,
    HANDING };
mtype:proposal = { NONE, CLAIM, SHRINK, GROW, HAND };
mtype:tone = { SILENT, OTHER, WAITS, LEADING };
mtype:kind = { NOTHING, APPEND, ACK };

/* A configuration; the in-sync set holds incarnations, as bits. */
typedef Config {
	unsigned epoch : 5;
	unsigned primary : 2;
	unsigned set : 4
}

typedef Hello {
	mtype:tone tone;	/* SILENT: there is no message */
	unsigned from : 2;	/* the sender's incarnation */
	bit old;		/* the sender has crashed since */
	Config k
}

typedef Push {
	mtype:kind kind;
	unsigned epoch : 5;
	unsigned from : 2;
	bit old;
	unsigned round : 2;
	unsigned size : 3;
	int log			/* APPEND: to be held; ACK: is on its disk */
}

typedef Host {
	/* On disk.  A wiped one is another incarnation: 0 or 2, 1 or 3. */
	unsigned id : 2;
	Config stored;
	int disk;
	/* In memory. */
	mtype:role role;
	Config k;
	mtype:proposal proposal;
	Config next;
	int log;
	unsigned size : 3;	/* of the log, */
	unsigned durable : 3;	/* of what of it is on the disk */
	unsigned done : 3;	/* operations in it, as bits: the client table */
	unsigned accepted : 3;
	/* The link on which it calls, and what it knows of the peer. */
	bit up;
	bit broken;		/* it has ended; not noticed yet */
	bit port_refuses;	/* the peer is gone: nobody listens there */
	unsigned peer_id : 2;	/* own id: never heard */
	mtype:tone tone;	/* of its latest hello, */
	bit same;		/* which named this host's epoch */
	/* A primary's. */
	unsigned reign : 3;	/* how many began to lead before, and it */
	unsigned first : 3;	/* size with the reign's first record */
	bit counts;		/* nothing is accepted without the joiner */
	bit met;		/* the peer has answered in this epoch */
	unsigned acked : 3;	/* on its disk, said in this epoch */
	unsigned word : 2;	/* newest round it repeated */
	unsigned round : 2;	/* of the newest reading */
	unsigned reading : 3;	/* records it shows; 0: none is waiting */
	bit fresh;		/* they were all that counted when asked */
	/* A follower's. */
	unsigned matched : 3;	/* its ledger is the primary's so far */
	bit called;		/* the primary has pushed in this epoch */
	unsigned heard : 2	/* newest round */
}

Host host[2];
Hello hello[2];		/* under way to that host */
Push push[2];
byte reigns, reads, crashes, wipes, hands, breaks;

#define ME		host[h]
#define PEER		host[1 - h]
#define BIT(id)		(1 << (id))
#define MINE		BIT(ME.id)
#define RUNS		(ME.role != DOWN)
#define LEADS		(ME.role == ESTABLISHING || ME.role == PRIMARY || \
			 ME.role == HANDING)
#define OTHERS		(ME.k.set & ~MINE)
#define IN_SYNC		(ME.k.set & MINE)
#define SAVED		(ME.stored.epoch >= ME.k.epoch)
#define PEER_IN_SYNC	(ME.peer_id != ME.id && (ME.k.set & BIT(ME.peer_id)))

#define CLEAR(c)	c.epoch = 0; c.primary = 0; c.set = 0
#define COPY(to, c)	to.epoch = c.epoch; to.primary = c.primary; to.set = c.set

#define LINKED		(ME.up && !ME.broken)
#define PEER_LINKED	(PEER.up && !PEER.broken)

/* What every in-sync host has said in this epoch (4), and a joiner (9). */
#define ACKED_BY_SET	(OTHERS == 0 -> ME.durable : \
			 (OTHERS == BIT(ME.peer_id) -> \
			  MIN(ME.acked, ME.durable) : 0))
#ifdef BUG_ALONE_BEFORE_CAS
#define ACCEPTABLE	(ME.proposal == SHRINK -> ME.durable : ACKED_BY_SET)
#else
#define ACCEPTABLE	(ME.counts -> MIN(ME.acked, ACKED_BY_SET) : \
			 ACKED_BY_SET)
#endif
#define CONFIG_CONFIRMED (OTHERS == 0 || OTHERS == BIT(ME.peer_id) && ME.met)
#ifdef BUG_READ_UNCONFIRMED
#define CONFIRMED	1
#elif defined BUG_REUSE_CONFIRMATION
#define CONFIRMED	CONFIG_CONFIRMED
#else
#define CONFIRMED	(OTHERS == 0 ||				/* 10 */ \
			 OTHERS == BIT(ME.peer_id) && ME.met && \
			 ME.word >= ME.round)
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

/* What was said in another epoch, or on another link, counts no longer. */
inline forget_peer()
{
	ME.acked = 0;
	ME.met = 0;
	ME.word = 0
}

inline forget_epoch()
{
	forget_peer();
	ME.same = 0;
	ME.counts = 0;
	ME.matched = 0;
	ME.called = 0;
	ME.heard = 0
}

inline cease()
{
	ME.reign = 0;
	ME.first = 0;
	ME.round = 0;
	ME.reading = 0;
	ME.fresh = 0
}

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

/* Begins to lead in its configuration (6). */
inline begin()
{
	writer_check(ME.k.epoch);
	reigns++;
	ME.reign = reigns;
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

/*
 * Epochs are numbered by remainder, so no two hosts decide under one number,
 * and a claim leaves a gap for what the other may have decided untold.
 */
#define NUMBER(e)	((e) + 1 + ((e) + 1 + h) % 2)
#define ROOM_TO_PROPOSE	(ME.proposal == NONE && ME.size < LOG_MAX && \
			 ME.k.epoch + GAP * 2 + 2 <= EPOCH_MAX)

inline propose(kind_, gap_, primary_, set_)
{
	ME.proposal = kind_;
	ME.next.epoch = NUMBER(ME.k.epoch + gap_);
	ME.next.primary = primary_;
	ME.next.set = set_
}

inline drop_push(to)
{
	push[to].kind = NOTHING;
	push[to].epoch = 0;
	push[to].from = 0;
	push[to].old = 0;
	push[to].round = 0;
	push[to].size = 0;
	push[to].log = 0
}

inline drop_hello(to)
{
	hello[to].tone = SILENT;
	hello[to].from = 0;
	hello[to].old = 0;
	CLEAR(hello[to].k)
}

/*
 * What would be refused or ignored whenever it came is dropped at once, and
 * not sent: fewer states, same behaviour.
 */
inline drop_void()
{
	if
	:: push[h].kind != NOTHING &&
	    (push[h].epoch < ME.k.epoch || push[h].kind == ACK && !LEADS) ->
		drop_push(h)
	:: else
	fi
}

/* The proposal is on the own disk: decided. */
inline granted()
{
	COPY(ME.k, ME.next);
	CLEAR(ME.next);
	forget_epoch();
	if
	:: ME.proposal == CLAIM -> begin()
	:: ME.proposal == HAND ->
		ME.role = BACKUP;
		cease()
	:: else -> writer_check(ME.k.epoch)
	fi;
	ME.proposal = NONE;
	drop_void();
	advance()
}

/* For a primary: must the other host of the set be left out? */
#define FAILED		(ME.port_refuses || \
			 ME.tone != SILENT && OTHERS != BIT(ME.peer_id))

/* ---- hellos ---- */

/*
 * A host that is deciding, or is about to, does not call the present set
 * valid: its disk may already hold the next one.
 */
#ifdef BUG_VALID_WHILE_DECIDING
#define VALID		LEADS
#else
#define VALID		(LEADS && ME.proposal == NONE && \
			 (OTHERS == 0 || !FAILED))
#endif
#define TONE		(VALID -> LEADING : (ME.role == WAITING -> WAITS : OTHER))

inline say_hello()
{
	hello[1 - h].tone = TONE;
	hello[1 - h].from = ME.id;
	COPY(hello[1 - h].k, ME.k)
}

/*
 * Takes over a newer configuration: the giver of it may have made this host the
 * primary.
 */
inline adopt()
{
	ME.proposal = NONE;
	CLEAR(ME.next);
	COPY(ME.k, hello[h].k);
	forget_epoch();
	cease();
	if
	:: ME.k.primary == ME.id && ME.role == BACKUP -> begin()
	:: else -> ME.role = WAITING
	fi;
	drop_void()
}

#define DECIDED		(ME.proposal == NONE -> ME.k.epoch : ME.next.epoch)
/*
 * To be in sync it takes the primary's answer on this host's own link: what
 * else comes may be an earlier life's, which is over.
 */
#ifdef BUG_HEED_EARLIER_LIFE
#define ANSWER		1
#else
#define ANSWER		(!hello[h].old && LINKED)
#endif
#define HEEDED		(ANSWER && hello[h].k.epoch == ME.k.epoch && \
			 hello[h].tone == LEADING && \
			 hello[h].k.primary == hello[h].from && \
			 !LEADS && ME.role != CLAIMING)

inline learn()
{
#ifndef BUG_LEVEL_OF_ANOTHER
	if
	:: ME.peer_id != hello[h].from -> forget_peer()
	:: else
	fi;
#endif
	ME.peer_id = hello[h].from;
	ME.tone = hello[h].tone;
	ME.port_refuses = 0;
	if
	:: hello[h].k.epoch > DECIDED ->
		assert(!LEADS || hello[h].k.primary != ME.id);
		adopt()
	:: else
	fi;
	ME.same = (hello[h].k.epoch == ME.k.epoch);
	if
	:: HEEDED && IN_SYNC -> ME.role = BACKUP
	:: HEEDED && !IN_SYNC -> ME.role = JOINING
	:: else
	fi;
	drop_hello(h);
	advance()
}

/* ---- pushes ---- */

/* A follower's ledger becomes the one pushed: the rest is cut off (9). */
inline take_log()
{
	count_common(ME.log, push[h].log);
	/* It would halt: the primary lacks what it knows to be accepted. */
	assert(n >= ME.accepted);
	ME.matched = push[h].size;
#ifdef BUG_KEEP_LONGER_TAIL
	ME.log = push[h].log | TAIL(ME.log, push[h].size);
#elif defined BUG_LEVEL_BY_LENGTH
	ME.log = PREFIX(ME.log, push[h].size) | TAIL(push[h].log, ME.size);
#else
	ME.log = push[h].log;
#endif
	measure()
}

inline take()
{
	if
	:: (ME.role == BACKUP || ME.role == JOINING) &&
	    push[h].epoch == ME.k.epoch && push[h].from == ME.peer_id ->
		if
		:: push[h].size > ME.matched -> take_log()
		:: else
		fi;
		ME.called = 1;
		ME.heard = MAX(ME.heard, push[h].round)
	:: else
	fi
}

#ifdef BUG_ACK_BEFORE_SYNC
#define ACKABLE		ME.matched
#else
#define ACKABLE		MIN(ME.durable, ME.matched)		/* 4 */
#endif

/* A backup's word on what its primary calls accepted. */
#ifdef BUG_SIGN_STORED
#define SIGNABLE	ACKABLE
#else
#define SIGNABLE	MIN(ACKABLE, PEER.accepted)		/* 20 */
#endif

/* The proof of being level: epoch, incarnation, size and root (9). */
#ifdef BUG_LEVEL_BY_LENGTH
#define FITS		(push[h].size <= ME.size)
#else
#define FITS		(push[h].size <= ME.size && \
			 EQUAL(push[h].log, ME.log, push[h].size))
#endif
#ifdef BUG_EARLIER_SESSION_ACK
#define OF_SESSION	1
#else
#define OF_SESSION	(push[h].from == ME.peer_id)
#endif

inline acknowledged()
{
	if
	:: LEADS && push[h].epoch == ME.k.epoch && OF_SESSION && FITS ->
		ME.acked = MAX(ME.acked, push[h].size);
		ME.word = MAX(ME.word, push[h].round);
		ME.met = 1;
		advance()
	:: else
	fi
}

inline receive()
{
	if
	:: push[h].kind == APPEND -> take()
	:: else -> acknowledged()
	fi;
	drop_push(h)
}

inline send(what, round_, size_, log_)
{
	push[1 - h].kind = what;
	push[1 - h].epoch = ME.k.epoch;
	push[1 - h].from = ME.id;
	push[1 - h].round = round_;
	push[1 - h].size = size_;
	push[1 - h].log = log_
}

/* What would tell the other host nothing new at this moment is not sent. */
#define TEACHES		(PEER.peer_id != ME.id || PEER.tone != TONE || \
			 PEER.k.epoch < ME.k.epoch || \
			 PEER.k.epoch == ME.k.epoch && !PEER.same || \
			 TONE == LEADING && PEER.role == WAITING)
#define PEER_LACKS	(PEER.k.epoch == ME.k.epoch && \
			 (PEER.role == BACKUP || PEER.role == JOINING) && \
			 (!PEER.called || PEER.matched < ME.size || \
			  PEER.heard < ME.round))
#define OWES		(!PEER.met || PEER.acked < ACKABLE || \
			 PEER.word < ME.heard)

/* ---- links and faults ---- */

/* The link on which this host calls has ended. */
inline link_down()
{
	ME.up = 0;
	ME.broken = 0;
	ME.tone = SILENT;
#ifndef BUG_EARLIER_SESSION_ACK
	forget_peer();
	if
	:: push[h].kind == ACK -> drop_push(h)
	:: else
	fi;
#endif
	ME.counts = (ME.proposal == GROW -> ME.counts : 0)
}

/* What it has sent may still arrive, what was sent to it is lost. */
inline crash(left_)
{
	crashes++;
	ME.disk = left_;
	scratch = 0;
	drop_hello(h);
	drop_push(h);
	hello[1 - h].old = (hello[1 - h].tone != SILENT);
	push[1 - h].old = (push[1 - h].kind != NOTHING);
	PEER.broken = PEER.up;
	ME.log = 0;
	measure();
	CLEAR(ME.k);
	CLEAR(ME.next);
	ME.proposal = NONE;
	ME.accepted = 0;
	ME.up = 0;
	ME.broken = 0;
	ME.port_refuses = 0;
	ME.peer_id = ME.id;
	ME.tone = SILENT;
	forget_epoch();
	cease();
	ME.role = DOWN
}

#define MAY_CRASH	(RUNS && crashes < CRASHES)

inline wipe()
{
	wipes++;
	ME.disk = 0;
	CLEAR(ME.stored);
#ifndef BUG_KEEP_IDENTITY
	ME.id = ME.id + 2;
	ME.peer_id = ME.id
#endif
}

/* ---- when to change the configuration ---- */

/* Gone, or it knows our configuration and says that it does not lead. */
#ifdef BUG_SUSPECT_BY_OLD_WORD
#define SAYS_NOT	(ME.tone == WAITS)
#else
#define SAYS_NOT	(ME.tone == WAITS && ME.same)
#endif
#define SUSPECTED	(ME.port_refuses || \
			 SAYS_NOT && ME.peer_id == ME.k.primary)

/* After a start: alone in the set, or all of it is here, waits, and the first
   of it is this one. */
#ifdef BUG_SERVE_ALONE_AT_RESTART
#define MAY_RESTART	(ME.role == WAITING && IN_SYNC)
#else
#define MAY_RESTART	(ME.role == WAITING && IN_SYNC && \
			 (OTHERS == 0 || h == 0 && ME.tone == WAITS && \
			  OTHERS == BIT(ME.peer_id)))
#endif
#ifdef BUG_TAKE_OVER_OUTSIDE
#define MAY_TAKE_OVER	((ME.role == BACKUP || ME.role == JOINING) && SUSPECTED)
#else
#define MAY_TAKE_OVER	(ME.role == BACKUP && SUSPECTED)		/* 7 */
#endif
inline claim_all()
{
	ME.role = CLAIMING;
#ifdef BUG_SERVE_ALONE_AT_RESTART
	propose(CLAIM, GAP * (h + 1), ME.id, MINE)
#else
	propose(CLAIM, GAP * (h + 1), ME.id, ME.k.set)
#endif
}

/* Started anew: the epoch goes on, as if nothing had happened. */
inline restart()
{
#ifdef BUG_SAME_EPOCH
	if
	:: ME.k.primary == ME.id -> begin(); advance()
	:: else -> claim_all()
	fi
#else
	claim_all()
#endif
}

/* The other host records what is not decided yet. */
inline spread(from_role, to_role)
{
	h = 1 - h;
	if
	:: ME.role == from_role && ME.k.epoch == PEER.k.epoch ->
		COPY(ME.k, PEER.next);
		COPY(ME.stored, PEER.next);
		forget_epoch();
		if
		:: ME.k.primary == ME.id -> begin()
		:: else -> ME.role = to_role
		fi
	:: else
	fi;
	h = 1 - h
}

proctype live(byte h)
{
	do
	/* Clients, again and again. */
#if OPS > 0
	:: d_step { ME.role == PRIMARY && ME.size < LOG_MAX && !(ME.done & 2) ->
		append(1)
	}
#endif
#if OPS > 1
	:: d_step { ME.role == PRIMARY && ME.size < LOG_MAX && !(ME.done & 4) ->
		append(2)
	}
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
	:: d_step {
		RUNS && SAVED && ME.disk != ME.log ->
		ME.disk = ME.log;
		ME.durable = ME.size;
		advance()
	}
	:: d_step { RUNS && !SAVED -> COPY(ME.stored, ME.k) }
	:: d_step {
		SAVED && ME.proposal != NONE &&
		ME.stored.epoch != ME.next.epoch ->
		COPY(ME.stored, ME.next)
	}
	:: d_step {
		ME.proposal != NONE && ME.stored.epoch == ME.next.epoch ->
		granted()
	}
	/* The network. */
	:: d_step {
		(LINKED || PEER_LINKED) && hello[1 - h].tone == SILENT &&
		TEACHES ->
		say_hello()
	}
	:: d_step { RUNS && hello[h].tone != SILENT -> learn() }
	:: d_step {
		LEADS && LINKED && push[1 - h].kind == NOTHING &&
		(PEER.k.epoch < ME.k.epoch || PEER_LACKS) ->
		send(APPEND, ME.round, ME.size, ME.log)
	}
	:: d_step {
		(ME.role == BACKUP || ME.role == JOINING) && ME.called &&
		SAVED && PEER_LINKED && push[1 - h].kind == NOTHING &&
		PEER.k.epoch == ME.k.epoch && PEER.reign > 0 && OWES ->
		n = ACKABLE;
		scratch = PREFIX(ME.log, n);
		send(ACK, ME.heard, n, scratch);
		n = 0;
		scratch = 0
	}
	:: d_step {
		ME.role == BACKUP && PEER.reign > 0 && ME.k.epoch == PEER.k.epoch ->
		n = SIGNABLE;
		sign(ME.log, n);
		n = 0
	}
	:: d_step { RUNS && push[h].kind != NOTHING -> receive() }
	:: d_step { hello[h].old -> drop_hello(h) }
	:: d_step { push[h].old -> drop_push(h) }
	:: d_step { RUNS && !ME.up && PEER.role != DOWN ->
		ME.up = 1;
		ME.port_refuses = 0;
		ME.tone = SILENT
	}
	:: d_step { RUNS && ME.broken -> link_down() }
	:: d_step {	/* nobody listens there, and all it sent was read */
		RUNS && !ME.port_refuses && PEER.role == DOWN &&
		hello[h].tone == SILENT && push[h].kind == NOTHING ->
		link_down();
		ME.port_refuses = 1
	}
#if BREAKS > 0
	:: d_step { ME.up && !ME.broken && breaks < BREAKS ->
		breaks++;
		ME.broken = 1;
		if
		:: push[h].kind == ACK -> drop_push(h)
		:: else
		fi;
		if
		:: push[1 - h].kind == APPEND -> drop_push(1 - h)
		:: else
		fi
	}
#endif
	/* Proposals: started again, without or with the other (1); */
	:: d_step { MAY_RESTART && ROOM_TO_PROPOSE && reigns < REIGNS ->
		restart()
	}
	/* take over; */
	:: d_step { MAY_TAKE_OVER && ROOM_TO_PROPOSE && reigns < REIGNS ->
		ME.role = CLAIMING;
		propose(CLAIM, GAP * (h + 1), ME.id, MINE)
	}
	:: d_step { ME.role == JOINING && SUSPECTED -> ME.role = WAITING;
		ME.matched = 0;
		ME.called = 0;
		ME.heard = 0
	}
	/* go on alone (8); */
	:: d_step { LEADS && ROOM_TO_PROPOSE && OTHERS != 0 && FAILED ->
		propose(SHRINK, 0, ME.id, MINE);
		advance()
	}
	/* let a level host join (9); */
	:: d_step {
		ME.role == PRIMARY && ROOM_TO_PROPOSE && CONFIG_CONFIRMED &&
		ME.met && !PEER_IN_SYNC && ME.up && ME.acked >= ME.accepted ->
		ME.counts = 1;
		propose(GROW, 0, ME.id, ME.k.set | BIT(ME.peer_id));
#ifdef BUG_JOINER_RECORDS_FIRST
		spread(JOINING, BACKUP)
#endif
	}
	/* hand over (11). */
	:: d_step {
		ME.role == PRIMARY && ROOM_TO_PROPOSE && CONFIG_CONFIRMED &&
		PEER_IN_SYNC && ME.up && !ME.port_refuses && ME.reading == 0 &&
		ME.acked >= ME.accepted && ME.accepted == ME.size &&
		hands < HANDS && reigns < REIGNS ->
		hands++;
#ifdef BUG_HAND_OVER_EARLY
		propose(HAND, 0, ME.peer_id, ME.k.set);
		spread(BACKUP, BACKUP)
#else
		ME.role = HANDING;
		propose(HAND, 0, ME.peer_id, ME.k.set)
#endif
	}
	/* Faults. */
	:: d_step {	/* nothing of what was under way was stored; */
		MAY_CRASH -> crash(ME.disk)
	}
	:: d_step {	/* or the old tail was cut off, or more. */
		MAY_CRASH && SAVED && ME.disk != ME.log ->
		scratch = PREFIX(ME.log, ME.durable);
		crash(scratch)
	}
	:: d_step {
		MAY_CRASH && SAVED && ME.durable + 1 < ME.size ->
		scratch = PREFIX(ME.log, ME.durable + 1);
		crash(scratch)
	}
	:: d_step {
		MAY_CRASH && SAVED && ME.durable < ME.size -> crash(ME.log)
	}
	:: d_step {
		ME.role == DOWN ->
		ME.role = WAITING;
		COPY(ME.k, ME.stored);
		ME.log = ME.disk;
		measure()
	}
	:: d_step { ME.role == DOWN && wipes < WIPES && ME.id < 2 -> wipe() }
	od
}

init {
	byte h;

	d_step {
		told = RECORD(1, 0);
		told_size = 1;
		served = 1;
		reigns = 1;
		h = 0;
		do
		:: h < 2 ->
			ME.id = h;
			ME.peer_id = 1 - h;
			ME.k.epoch = 2 + FIRST;
			ME.k.primary = FIRST;
			ME.k.set = 3;
			COPY(ME.stored, ME.k);
			ME.log = told;
			ME.disk = told;
			measure();
			ME.role = BACKUP;
			ME.proposal = NONE;
			ME.up = 1;
			ME.tone = OTHER;
			drop_hello(h);
			drop_push(h);
			h++
		:: else -> break
		od;
		h = FIRST;
		writer_check(ME.k.epoch);
		ME.role = PRIMARY;
		ME.reign = 1;
		ME.first = 1;
		ME.accepted = 1;
		PEER.tone = LEADING
	}
	atomic {
		run live(0);
		run live(1)
	}
}
