#ifndef EVOTE_STATE_H
#define EVOTE_STATE_H

#include <stdint.h>

#include "common/hosts.h"
#include "common/rpc/tls.h"
#include "evote.h"

/*
 * What the client remembers between calls, in one directory per service
 * (service_dirs.h), mode 0700, files 0600:
 *
 *	hosts		where it was reached
 *	service		origin and cluster id, as first met
 *	pin		what its TLS was known by when it first served
 *	seen		the highest epoch, size and root any answer showed
 *	last		the host that answered last, and its port
 *	*.request	a voter's client id, last number and, until it is
 *			answered, the whole request
 *	*.token		a voter's last log-in
 *	*.tokens	those before it that have not expired
 *	*.ballot	of a vote that counts: how the service knows it
 *	*.tlog-proof	its receipt
 *	checkpoint	the last one that was verified, with its signatures
 *	keys		whose signatures these are, see keyring.h
 *	keys-asked	how many records the ledger had, and under which epoch,
 *			when the service was last asked for keys
 *	evidence-*	what was seen and what contradicts it
 *	contradiction	that it does, until the files that it names are removed
 *
 * Failures are -1 with one sentence in state_error.  Where nothing can be
 * written, since it is somebody else's or full, what was seen is remembered in
 * memory only: that is enough to read, and no failure but for the requests of
 * voters.
 */
struct state;

/*
 * dir NULL: $EVOTE_STATE, $XDG_STATE_HOME/evote or ~/.local/state/evote.
 * Missing directories are made.  NULL: why is in err.  Where nobody has asked
 * for a directory and none can be made, as in a unit without HOME, nothing is
 * remembered: that is enough to read, and each request of a voter fails.
 */
struct state *state_open(
    const char *dir, const struct hosts *, char *err, size_t errlen);
/*
 * The hosts turn out to be of this cluster.  1: that is known, and all that is
 * remembered of it holds from now on; 0: nothing is, or it was there already.
 */
int state_adopt(
    struct state *, const struct hosts *, const unsigned char cluster[16]);
/*
 * The directory of another service that these hosts led to before state_adopt,
 * or "".
 */
const char *state_left(const struct state *);
/* Whether anything is remembered, now or as soon as the service is known. */
int state_keeps(const struct state *);
/*
 * Whether all that is remembered of the service is at hand.  If not, something
 * may be remembered of it, and only its hosts can tell where.
 */
int state_at_hand(const struct state *);
void state_close(struct state *); /* NULL is fine */
const char *state_dir(const struct state *);
const char *state_error(const struct state *);

/* ---- the service ---- */

struct service {
	unsigned char cluster[16];
	char origin[EVOTE_TEXT_MAX + 1];
};
/* 1 it is known, 0 not yet, -1. */
int state_service(struct state *, struct service *);
int state_pin(struct state *, const struct service *);

/*
 * In a file of its own: programs of older versions share the directory.  1 it
 * is known, 0 not yet, -1; 1 it is kept, 0 it cannot be kept here, -1.
 */
int state_tls(struct state *, char pin[TLS_PIN]);
int state_set_tls(struct state *, const char *pin);

struct sighting {
	uint64_t epoch, size;
	unsigned char root[32];
};
/* All zero at first. */
int state_seen(struct state *, struct sighting *);
/*
 * Keeps what was seen now if it is further than what was kept, by whatever
 * process.  1: it contradicts what was kept (*kept is set), nothing changed.
 */
int state_raise(
    struct state *, const struct sighting *now, struct sighting *kept);

/* Hints: losing them costs a little time. */
int state_last(struct state *, char name[EVOTE_HOST_MAX + 1], int *port);
void state_set_last(struct state *, const char *name, int port);

/*
 * The first evidence of a sighting, and of that kind of contradiction, stays;
 * the path is put out.  It is written whole or not at all.  1: there is no
 * directory.
 */
int state_evidence(struct state *, const struct sighting *kept,
    const char *kind, const char *text, char *path, size_t size);
/* Whether there is one already: 1, and its path, or 0. */
int state_evidence_kept(struct state *, const struct sighting *kept,
    const char *kind, char *path, size_t size);

/*
 * That the service contradicts itself, and which files have to be removed to go
 * on: "a, b and c".  The first mark stays.
 */
int state_mark(struct state *, const char *names, const char *sentence);
/*
 * 1 while any of these files is there: the sentence, malloc'd.  0: there is no
 * mark, or none any more.  -1.
 */
int state_marked(struct state *, char **sentence);

/* ---- one voter's requests ---- */

/* Nothing is outstanding when kind is 0; else one of u is set. */
struct kept {
	evote_id client;
	uint64_t number;
	int kind; /* evote_act_kind */
	union {
		evote_terms_args create; /* OPEN, or CREATE if there is no
					    option */
		evote_vote_args vote;
		evote_ballot_args ballot;
		evote_extend_args extend;
		evote_cancel_args cancel;
	} u;
};
evote_request *kept_request(struct kept *);	/* NULL: nothing outstanding */
const char *kept_election(const struct kept *); /* its name; NULL: likewise */
int kept_casts(const struct kept *);		/* it is a vote or ballot */
/* The end that it gives to an election, or 0. */
uint64_t kept_end(const struct kept *);
void kept_clear(struct kept *); /* frees the request */

/*
 * Commands of one voter take turns: waits until the deadline for the others.
 * Returns what state_unlock takes.
 */
int state_lock(struct state *, const char *voter, uint64_t deadline_ms);
void state_unlock(int lock); /* -1 is fine */
/* Whether that can be had, now or after another command: 0, or -1. */
int state_lockable(struct state *, const char *voter);
/* Whether a request could be written down: 0, or -1; writes as much. */
int state_writable(struct state *);

/*
 * Under the lock.  A voter unknown here gets a new client id, number 0.
 * Damaged contents are an error: they may be an unanswered vote.
 */
int state_load(struct state *, const char *voter, struct kept *);
/* Returns 0 only once the request would survive a power cut. */
int state_store(struct state *, const char *voter, struct kept *);
/* When that of a voter was written down, us; 0: not known. */
uint64_t state_since(struct state *, const char *voter);
/*
 * Each outstanding request of whichever voter.  Their number, or -1: also when
 * one of them is damaged, after the others.
 */
int state_each(struct state *,
    void (*each)(void *arg, uint64_t since, const struct kept *), void *arg);
/* The request was answered: forgets it, choice included, but its number. */
int state_settle(struct state *, const char *voter);

/* ---- proofs ---- */

/* The last checkpoint, malloc'd: 1; 0 none yet, *note NULL; -1. */
int state_checkpoint(struct state *, char **note);
/*
 * Keeps `now` instead of `before` (NULL: none).  1: another process has kept
 * something else meanwhile, and nothing changed.
 */
int state_set_checkpoint(struct state *, const char *before, const char *now);
/*
 * A signed note as evidence: its path is put out.  The same note once; as
 * state_evidence.
 */
int state_note_evidence(
    struct state *, const char *note, uint64_t size, char *path, size_t len);

/* As state_checkpoint. */
int state_keys(struct state *, char **text);
int state_set_keys(struct state *, const char *text);
/* Hints, zero if they are not known: losing them costs one more question. */
void state_keys_asked(struct state *, uint64_t *size, uint64_t *epoch);
void state_set_keys_asked(struct state *, uint64_t size, uint64_t epoch);
/*
 * The same of a service that is known only by its cluster, for who asks no
 * host; dir as in state_open.  1, or 0 for none, for whatever reason.
 */
int state_keys_of(const char *dir, const unsigned char cluster[16], char **text,
    uint64_t *asked, char *path, size_t size);
int state_checkpoint_of(const char *dir, const unsigned char cluster[16],
    char **note, char *path, size_t size);

/*
 * A vote that counts, without its choice; but whoever has the salt, and the
 * tally sheet or the vote's record, finds it out.
 */
struct ballot {
	evote_id client;
	uint64_t number;
	int by_token; /* the commitment is not known here */
	unsigned char commitment[32];
	unsigned char salt[32]; /* for a tally sheet; else zero */
};
/* The file of it. */
const char *state_ballot_name(
    const char *voter, const char *election, char out[80]);
/* 1, 0: none, -1. */
int state_ballot(
    struct state *, const char *voter, const char *election, struct ballot *);
/*
 * Without it there is no receipt, and no way to one's line on the tally sheet.
 */
int state_set_ballot(
    struct state *, const char *voter, const char *election, struct ballot *);
/*
 * Whether the last request of this client id was a vote that counts, and whose
 * receipt is not kept yet.
 */
int state_owes_receipt(struct state *, const struct kept *);
/* As state_checkpoint.  `path` is where it is, or will be. */
int state_receipt(struct state *, const char *voter, const char *election,
    char **text, char *path, size_t size);
int state_set_receipt(
    struct state *, const char *voter, const char *election, const char *text);

/* ---- log-ins ---- */

struct token {
	unsigned char bytes[EVOTE_TOKEN_MAX];
	uint32_t len;	  /* 0: none */
	uint64_t expires; /* us, by the service's clock */
};
/* The last one, expired or not: 1, or 0 when none is kept. */
int state_token(struct state *, const char *voter, struct token *);
/*
 * The last one that expires after now, and before `until`.  An election that
 * has ended may take votes only from those who had logged in before its end.
 */
int state_token_before(struct state *, const char *voter, uint64_t now,
    uint64_t until, struct token *);
/*
 * Keeps it as the last one; the others are kept, too, until they expire, or are
 * too many.  Losing a token costs a log-in: failures are not told.
 */
void state_set_token(
    struct state *, const char *voter, uint64_t now, const struct token *);
void state_forget_tokens(struct state *, const char *voter);

#endif
