#ifndef EVOTE_NOTE_H
#define EVOTE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "common/seal.h"

/*
 * Signed notes, checkpoints and the keys that sign them, as C2SP writes them:
 * c2sp.org/signed-note, /tlog-checkpoint and /tlog-cosignature.  Pure.
 *
 * A checkpoint's text is three lines: the log's name, the size, the root in
 * base64.  A note is a text, an empty line, and a line for each signature: an
 * em dash, the key's name, and the base64 of its id and the signature.
 */
#define NOTE_NAME 1200 /* of a key, with its NUL; longer origins have none */
#define NOTE_TEXT (NOTE_NAME + 80) /* of a checkpoint, with its NUL */
#define NOTE_VKEY (NOTE_NAME + 64) /* of a verifier key, with its NUL */
#define NOTE_SIGS 64		   /* signatures of a note that is read */
#define NOTE_SIZE 65536		   /* bytes of a note that is read */
#define NOTE_ID	  4

enum note_type {
	NOTE_LOG = 1, /* Ed25519 over the text */
	NOTE_HOST = 4 /* Ed25519 over "cosignature/v1", a time, and the text */
};

/* Who signs: a public key under a name.  The id follows from the rest. */
struct note_key {
	char name[NOTE_NAME];
	enum note_type type;
	unsigned char id[NOTE_ID];
	unsigned char public[SEAL_KEY];
};

/* ---- names and keys ---- */

/*
 * ORIGIN/CLUSTER, the name of the log key and a checkpoint's first line, and
 * ORIGIN/CLUSTER/HOST.  Controls, all that Unicode calls white space, "+" and
 * "%" are written as %XX, byte by byte.  -1: too long.
 */
int note_log_name(
    char out[NOTE_NAME], const char *origin, const unsigned char cluster[16]);
int note_host_name(char out[NOTE_NAME], const char *log, const char *host);
/* The escapes alone; -1: it does not fit. */
int note_escape(char *out, size_t size, const char *text);

/* The name must be shorter than NOTE_NAME. */
void note_key_set(struct note_key *, enum note_type, const char *name,
    const unsigned char public[SEAL_KEY]);
/* NAME+ID+KEY, ID in hexadecimal, KEY the base64 of type and public key. */
void note_vkey_write(const struct note_key *, char out[NOTE_VKEY]);
/* 0, or -1 with what is wrong: "the id is not that of the key". */
int note_vkey_read(
    struct note_key *, const char *text, char *err, size_t errlen);

/* ---- signing ---- */

/* The text of a checkpoint, its length returned. */
size_t note_text(char out[NOTE_TEXT], const char *log, uint64_t size,
    const unsigned char root[SEAL_HASH]);
/* The log key's signature, and a host's of a time in seconds since 1970. */
void note_sign(
    const struct seal_key *, const char *text, unsigned char sig[SEAL_SIG]);
void note_cosign(const struct seal_key *, const char *text, uint64_t time_s,
    unsigned char sig[SEAL_SIG]);
/*
 * Builds a note: the text, then each signature.  time_s is 0 for NOTE_LOG.
 * -1: it does not fit, and the note is as it was.
 */
int note_begin(char *note, size_t size, const char *text);
int note_add(char *note, size_t size, const struct note_key *, uint64_t time_s,
    const unsigned char sig[SEAL_SIG]);

/* ---- reading ---- */

/* Digits and nothing else, without a zero in front; 0 or -1. */
int note_number(const char *s, size_t len, uint64_t *out);

struct note_line { /* a signature */
	const char *name;
	size_t name_len;
	const char *blob; /* base64 of the id and the signature */
	size_t blob_len;
};
struct note {
	const char *text; /* with its last line feed; not NUL-terminated */
	size_t text_len;
	int n;
	struct note_line lines[NOTE_SIGS];
	/* What the text says. */
	char log[NOTE_NAME];
	uint64_t size;
	unsigned char root[SEAL_HASH];
};

/*
 * Reads the note of a checkpoint, without a judgement about its signatures.
 * Points into `from`.  0, or -1 with what is wrong: "line 2 is not the size".
 */
int note_read(
    struct note *, const char *from, size_t len, char *err, size_t errlen);

enum note_verdict {
	NOTE_UNSIGNED, /* not by this key */
	NOTE_SIGNED,   /* and each signature of it is good */
	NOTE_FORGED    /* one that names this key is not its own: a note like
			  that is good for nothing */
};
/* *time_s is the (first) cosignature's, 0 for NOTE_LOG; NULL is fine. */
enum note_verdict note_verify(
    const struct note *, const struct note_key *, uint64_t *time_s);

#endif
