#ifndef KEYRING_H
#define KEYRING_H

#include "common/tlog_policy.h"
#include "evote.h"

/*
 * The keys of one service: the log key, and each host's since the record that
 * made it known.  A record's key signs checkpoints of more records than came
 * before it, in place of the key of the same host before.  Pure.
 */
#define KEYRING_MAX  4096
#define KEYRING_SIZE 262144 /* bytes of a text that is read */

struct keyring_host {
	uint64_t seq;	      /* of the HOST record */
	char name[NOTE_NAME]; /* as in its key's name, escaped */
	unsigned char incarnation[16];
	unsigned char replaces[16]; /* zero: none */
	struct note_key key;	    /* all zero: it signs no more */
};
struct keyring {
	int known; /* the log key is */
	struct note_key log;
	int n;
	struct keyring_host *hosts; /* in the order of their records */
	/*
	 * The service was asked for them when its ledger had so many records,
	 * under that epoch; zero: not known.  Not in the text.
	 */
	uint64_t size, epoch;
};

void keyring_clear(struct keyring *);
/* 0, or -1: the origin is too long to sign under. */
int keyring_begin(struct keyring *, const char *origin,
    const unsigned char cluster[16], const unsigned char log[SEAL_KEY]);
/* 1: it has this record already; 0; -1: it is out of order, or there are too
   many. */
int keyring_add(struct keyring *, uint64_t seq, const evote_host_op *);
/* Whether there is a key, now, of the host of that name. */
int keyring_has(const struct keyring *, const char *name);
/* Who has to sign a checkpoint of that size. */
struct tlog_policy *keyring_policy(const struct keyring *, uint64_t size);

/* As a text, to be kept; to be freed. */
char *keyring_write(const struct keyring *);
/* 0, or -1 unless it is such a text. */
int keyring_read(struct keyring *, const char *text);

#endif
