#ifndef EVOTE_SIGNING_H
#define EVOTE_SIGNING_H

#include "common/note.h"
#include "evote.h"

/*
 * The keys that this host signs checkpoints with: the log's, which all hosts
 * derive from the cluster's key, and its own.  What may be signed is the
 * core's to say (PROTOCOL.md rule 20).
 */
struct signing;

struct signing *signing_new(
    const unsigned char cluster_key[32], const unsigned char host_seed[32]);
void signing_free(struct signing *); /* NULL is fine */
const unsigned char *signing_log_key(const struct signing *);
/* The same of the cluster's key alone. */
void signing_log_public(
    const unsigned char cluster_key[32], unsigned char public[SEAL_KEY]);
const unsigned char *signing_host_key(const struct signing *);

/*
 * A checkpoint's text, and the name of the log; -1 when the origin is too long
 * to be one.
 */
int signing_text(const evote_genesis *, uint64_t size, const void *root,
    char log[NOTE_NAME], char text[NOTE_TEXT]);
/* A note of that text with the log key's signature; -1: no room. */
int signing_begin(
    const struct signing *, const char *log, const char *text, evote_note *);
/* Adds a host's signature, unless it is not that key's: -1. */
int signing_add(evote_note note, const char *log, const char *host,
    const unsigned char key[SEAL_KEY], uint64_t time_s,
    const unsigned char sig[SEAL_SIG]);
/* This host's own, of that time. */
void signing_cosign(const struct signing *, const char *text, uint64_t time_s,
    unsigned char sig[SEAL_SIG]);
/* Adds it to a reply of SIGN that the core has agreed to. */
void signing_reply(const struct signing *, const evote_genesis *,
    uint64_t time_s, evote_signed_by *);

#endif
