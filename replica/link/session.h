#ifndef EVOTE_SESSION_H
#define EVOTE_SESSION_H

#include <stdint.h>

#include "evote.h"

/*
 * One authenticated connection between two hosts, either end: evote.x,
 * EVOTE_REPLICA, says what is computed.  Whoever lacks the cluster key, and
 * any message that is changed, repeated, left out or carried over from
 * another session, fails the check.  Pure but for the random nonce.
 */
struct session {
	char caller[EVOTE_HOST_MAX + 1];
	char callee[EVOTE_HOST_MAX + 1];
	unsigned char nonce[2][32]; /* caller's, callee's */
	unsigned char key[32];
	/* Order of the last call sent, accepted; those of SIGN apart. */
	uint64_t sent[2], heard[2];
};

/*
 * The caller: starts, then checks the answer; -1: not our cluster.  0 proves
 * what the answer says, also a refusal.
 */
void session_begin(struct session *, const char *caller, const char *callee,
    evote_open_args *args);
int session_accept(struct session *, const unsigned char cluster_key[32],
    const evote_open_res *res);
/*
 * The callee: answers, also whom it refuses, which is returned: another host is
 * meant, the caller bears its name, or is not listed.
 */
evote_refusal session_answer(struct session *,
    const unsigned char cluster_key[32], const char *self, int listed,
    const evote_open_args *args, evote_open_res *res);

/*
 * Seals body as the next call (returns its order in out->order), or as the
 * reply to the call of that order.  out->body points into body.
 */
void session_seal_call(struct session *, uint32_t proc, const void *body,
    uint32_t len, evote_sealed *out);
void session_seal_reply(struct session *, uint32_t proc, uint64_t order,
    const void *body, uint32_t len, evote_sealed *out);
/* 0 when in is the next call; -1, nothing changed, when it is not. */
int session_check_call(struct session *, uint32_t proc, const evote_sealed *in);
/* 0 when in is the reply to the call of that order. */
int session_check_reply(
    struct session *, uint32_t proc, uint64_t order, const evote_sealed *in);

#endif
