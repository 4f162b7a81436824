#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <rpc/rpc.h>
#include <stdint.h>

#include "common/hosts.h"
#include "common/rpc/tls.h"
#include "evote.h"

/*
 * The way to each host: its port, a connection, a greeting, each bounded by a
 * deadline; and why the last try failed.
 */

/* This machine's wall clock, us, around a greeting that was answered. */
struct endpoint_span {
	uint64_t sent, answered;
};
/*
 * How far a clock that was read in between is ahead of ours, give or take
 * *within.
 */
int64_t endpoint_ahead(struct endpoint_span, uint64_t clock, uint64_t *within);

struct endpoints {
	const struct hosts *hosts;
	int ports[EVOTE_HOSTS_MAX]; /* 0: unknown */
	uint64_t silent_until[EVOTE_HOSTS_MAX];
	/*
	 * Each host's reason, or "".  A step that ended early because others
	 * had used up the time is not to blame.
	 */
	char why[EVOTE_HOSTS_MAX][400];
	struct endpoint_span greeting; /* the last one */
	/*
	 * TLS is used wherever it is offered, and not even asked for if plain;
	 * with a pin no host is greeted that lacks TLS, or has another pin.
	 * Without one, none in plain after the first that was greeted over TLS:
	 * else whoever hides one host's offer is sent what another one refers.
	 */
	int plain;
	int tls_met;
	char pin[TLS_PIN];
	char shown[EVOTE_HOSTS_MAX][TLS_PIN]; /* the last one, "": in plain */
};
void endpoint_init(struct endpoints *, const struct hosts *);

#define ENDPOINT_SHAKE_MS 3000 /* for a TLS handshake, at most */
/* Within a second of now, and the deadline. */
uint64_t endpoint_step(uint64_t deadline_ms);
/* Finds the port of the host, if it is not known. */
void endpoint_port(struct endpoints *, int host, uint64_t deadline_ms);
/* As the host of that name, see above; in steps that are bounded as well. */
CLIENT *endpoint_connect(struct endpoints *, int host, uint64_t deadline_ms);
/* The pin that it has shown was another one than ours: nothing was sent. */
int endpoint_is_other(const struct endpoints *, int host);
/* The end of a sentence about a host that has a pin and does not offer TLS. */
#define ENDPOINT_NO_TLS                                                  \
	"it does not offer TLS, which this service is known to speak: "  \
	"it is a witness, its evote is too old, or somebody in between " \
	"hides the offer"
/* 0 with *res, or -1; the caller frees *res in any case. */
int endpoint_greet(struct endpoints *, int host, CLIENT *, uint64_t deadline_ms,
    evote_status_res *res);
/* All of that, on a connection for it alone; likewise. */
int endpoint_status(
    struct endpoints *, int host, uint64_t deadline_ms, evote_status_res *);
/* How long an answer may take before a sign of life is asked for. */
uint64_t endpoint_patience_ms(const struct endpoints *);
/* Does a host that owes an answer still answer at all? */
int endpoint_lives(struct endpoints *, int host);
/* Does it say, by EVOTE_PROBE, that it serves?  Then its port is known. */
int endpoint_serves(struct endpoints *, int host, uint64_t deadline_ms);

void endpoint_why(struct endpoints *, int host, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void endpoint_why_stat(struct endpoints *, int host, enum clnt_stat);

#endif
