#ifndef EVOTE_PORTMAP_H
#define EVOTE_PORTMAP_H

/*
 * Keeps the portmapper (rpcbind) of this machine told, from a thread of its
 * own, because rpcbind may be slow, dead or restarted at any time: EVOTE_PROG
 * while this process lives, EVOTE_PROBE_PROG while it serves, both on tcp and
 * tcp6 of one port.  Looks again every few seconds.  A registration that is in
 * the way is replaced only after its address has failed a probe.
 */
struct portmap;

struct portmap *portmap_start(int port); /* NULL: reason is logged */
/* Whether EVOTE_PROBE_PROG should stand there; returns at once. */
void portmap_serving(struct portmap *, int serving);
/* Withdraws our own registrations and ends the thread. NULL is fine. */
void portmap_stop(struct portmap *);

#endif
