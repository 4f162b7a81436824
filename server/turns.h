#ifndef EVOTE_TURNS_H
#define EVOTE_TURNS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

/*
 * Whose signature is verified next.  Requests wait in line by connection, in
 * order.  The lines of an address take turns, and so do the addresses: who
 * sends much waits for himself.  An address from which wrong signatures came
 * lately goes after the others, except for a small share.
 *
 * What waits is bounded in sum.  What is too much is taken from the address
 * that has most, the newest first.
 *
 * Addresses share a table of fixed size, placed by a secret: strangers cannot
 * make it grow, nor choose whom they share a place with.  Pure.
 */
struct turns;

/* Embedded in what waits, which belongs to the caller. */
struct turn {
	TAILQ_ENTRY(turn) behind; /* in its line */
	TAILQ_ENTRY(turn) later;  /* of its address */
	struct turn_line *line;
	uint32_t weight;
};

struct turns *turns_new(uint64_t secret, size_t max_weight);
/* Nothing waits any more.  NULL is fine. */
void turns_free(struct turns *);

/* At the end of the connection's line. */
void turns_add(struct turns *, struct turn *, uint64_t conn,
    const struct sockaddr *from, size_t weight);
/* Whether the connection has a line, so that nothing of it may overtake. */
int turns_has_line(const struct turns *, uint64_t conn);
/* Whose turn it is; its line then stands still until turns_done.  NULL: none */
struct turn *turns_next(struct turns *);

enum turn_end { TURN_RIGHT, TURN_WRONG, TURN_UNKNOWN }; /* the signature */
/* 1, or 0 when its connection has gone meanwhile. */
int turns_done(struct turns *, struct turn *, enum turn_end);
/* One to turn away while too much waits, else NULL. */
struct turn *turns_excess(struct turns *);
/* The connection is gone: gives back one after the other of its line. */
struct turn *turns_leave(struct turns *, uint64_t conn);
/* At the end: gives back one after the other of all. */
struct turn *turns_drain(struct turns *);

#endif
