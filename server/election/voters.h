#ifndef EVOTE_VOTERS_H
#define EVOTE_VOTERS_H

#include <stdint.h>

#include <uthash.h>

#include "common/seal.h"
#include "evote.h"

/*
 * The voters, their groups, and what each was answered: a part of the
 * election's state.  Pure.  The fields are for everyone to read and for
 * voters.c to change; a change is taken back by its _undo, the newest first.
 */

/* Never forgotten, also when undone: the next record names it again. */
struct group {
	UT_hash_handle hh;
	uint32_t registered; /* voters on the roll */
	uint32_t number;     /* from 1, in the order of being named first */
	char name[];
};

/* What one of a voter's client ids asked last, and the answer. */
struct client {
	unsigned char id[16];
	uint64_t number;
	unsigned char act[SEAL_HASH];
	int32_t code;
	uint32_t reason;
	uint64_t seq; /* of the record of that */
};

/* How a voter stands, other than his fields say: see stage.h. */
struct standing {
	UT_hash_handle hh_key;
	struct voter *voter;
	struct group *group;
	unsigned char key[SEAL_KEY];
	uint8_t registered;
};

struct voter {
	UT_hash_handle hh_key;
	struct standing *other; /* with the stage, or without */
	struct group *group;	/* NULL: unknown, was only ever staged */
	struct client *clients; /* least recently recorded first */
	uint64_t floor;		/* highest number of a forgotten client */
	uint64_t refused;	/* quota of recorded refusals, see quota.h */
	uint64_t created;	/* and of elections */
	uint32_t open; /* elections that he opened, and are not closed */
	unsigned char key[SEAL_KEY];
	uint32_t index; /* in the order of registration, or staging */
	uint32_t stage; /* the last one with a row of his, 0: none */
	uint8_t staged; /* the fields are as that row has them */
	uint8_t keyed;	/* is found by his key */
	uint8_t n_clients;
	uint8_t registered; /* 0: has left the roll, is remembered */
	char name[];
};

/* A voter, by the hash of his name. */
struct name_slot {
	uint32_t hash;
	uint32_t place; /* in the list, from 1; 0: free */
};

struct voters {
	struct group *groups;	   /* by name */
	struct voter **list;	   /* whoever was ever registered or staged */
	struct name_slot *by_name; /* the same */
	uint32_t n_slots;	   /* a power of two, or 0 */
	struct voter *by_key;	   /* who has, or had, a key; some share one */
	struct standing *by_other; /* the other standings, by key */
	uint32_t n;
	uint64_t changes;	    /* the roll's version */
	struct electorate *present; /* of the roll as it stands, or NULL */
	struct stage *stages;	    /* the first is no. 1 */
	uint32_t n_stages;
	uint32_t sweep, to_sweep; /* who is to be tidied, see standing.h */
};

void voters_clear(struct voters *);

struct voter *voter_find(const struct voters *, const char *name); /* NULL */
/* The i-th; his fields hold, but he may be unknown. */
struct voter *voter_at(const struct voters *, uint32_t i);
/*
 * The group of the i-th, NULL: he is not on the roll.  For those who look at
 * all of them: voter_at may take longer for each, after a large import.
 */
const struct group *voter_group_at(const struct voters *, uint32_t i);
/*
 * Another one who is on the roll with that key, and whom `fits` does not rule
 * out (NULL: it rules out nobody), or NULL.  As the roll stands now, or (stage
 * is not 0) as it would with that stage.
 */
typedef int voter_fits(const void *arg, const struct voter *);
struct voter *voter_holding(const struct voters *,
    const unsigned char key[SEAL_KEY], const struct voter *but, uint32_t stage,
    voter_fits *, const void *arg);
/* The same, now, also of those who had that key when they left the roll. */
struct voter *voter_having_had(const struct voters *,
    const unsigned char key[SEAL_KEY], const struct voter *but, voter_fits *,
    const void *arg);
/* His key on the roll, with that stage as above; NULL: he is not on it. */
const unsigned char *voter_key_at(
    const struct voters *, const struct voter *, uint32_t stage);
/* Whether he has just that group and key. */
int voter_same(const struct voter *, const evote_voter *);
/* The group of that name, from now on if not before. */
struct group *voter_group(struct voters *, const char *name);

/* A voter as he stood before he was registered, or staged, or got a new key. */
struct enrolment {
	struct voter *voter;
	int made; /* he was not there */
	struct group *group;
	struct standing *other; /* is the enrolment's until it is undone */
	uint64_t floor;
	uint32_t stage;
	uint8_t staged, registered;
	unsigned char key[SEAL_KEY];
};
void enrolment_free(struct enrolment *); /* of what cannot be undone now */

/*
 * Registers him, who is not registered; he may have been, and then his floor
 * is no higher than `time` any more, as in voter_unlock.
 */
void voter_enrol(
    struct voters *, const evote_voter *, uint64_t time, struct enrolment *old);
void voter_enrol_undo(struct voters *, const struct enrolment *old);
/* A new key for one who is on the roll. */
void voter_rekey(struct voters *, struct voter *,
    const unsigned char key[SEAL_KEY], struct enrolment *old);
void voter_rekey_undo(struct voters *, const struct enrolment *old);
/* Off the roll. */
void voter_strike(struct voters *, struct voter *);
void voter_strike_undo(struct voters *, struct voter *);

/* A voter as he stood before he was unlocked. */
struct unlocked {
	struct voter *voter;
	uint64_t floor;
	uint64_t refused;
};

/*
 * New client ids of his may number from `time` on, and his refusals are
 * forgiven.  The table stays: what was answered is answered the same.
 */
void voter_unlock(struct voter *, uint64_t time, struct unlocked *old);
void voter_unlock_undo(const struct unlocked *);

/* Whether a number is out of all bounds at that time. */
int voter_number_ahead(uint64_t number, uint64_t time);

/* What voter_answer pushed aside. */
struct displaced {
	int place; /* -1: nothing */
	struct client client;
	uint64_t floor;
};

const struct client *voter_client(
    const struct voter *, const unsigned char id[16]); /* NULL */
/* Makes it his most recent one; a table that is full forgets the oldest. */
void voter_answer(struct voter *, const struct client *, struct displaced *);
void voter_answer_undo(struct voter *, const struct displaced *);

/*
 * What a voter adds to the ledger stays there for good: the quotas of evote.x.
 * What notes something returns what its undo needs.
 */
int voter_may_be_refused(const struct voter *, uint64_t time);
uint64_t voter_refuse(struct voter *, uint64_t time);
void voter_refuse_undo(struct voter *, uint64_t old);
int voter_may_create(const struct voter *, const evote_election *,
    uint64_t time, uint32_t quota);
uint64_t voter_create(struct voter *, const evote_election *, uint64_t time);
void voter_create_undo(struct voter *, uint64_t old);
/* An election of his (NULL: of operators) is closed, or cancelled. */
void voter_close(struct voter *);
void voter_close_undo(struct voter *);

/* How many voters of that group are on the roll. */
uint32_t voters_in(const struct voters *, const char *group);
/* evote.x's EMPTY_GROUPS but `answer`. */
void voters_empty(
    const struct voters *, const evote_groups_args *, evote_groups_res *);
/* evote.x's VOTERS but `answer`. */
void voters_page(const struct voters *, uint32_t first, evote_voters_res *);
/* Copies, as one of that group. */
void voter_write(const struct voter *, const struct group *, evote_voter *);
void voters_mix(const struct voters *, unsigned char h[SEAL_HASH]);

#endif
