#ifndef EVOTE_ETCD_H
#define EVOTE_ETCD_H

#include "evote.h"

/*
 * An etcd cluster as the arbiter.  A thread of its own asks it, one question
 * after the other; who calls here never waits.  etcd.c is the only file that
 * knows there is libcurl underneath.
 */
struct etcd;

/* NULL: no memory, thread or descriptors, logged. */
struct etcd *etcd_start(const unsigned char cluster_key[32], const char *self);
/* NULL is fine; a question under way may keep it for a moment, see etcd.c. */
void etcd_stop(struct etcd *);

/* Readable while there is an answer. */
int etcd_fd(struct etcd *);

/* A question that nobody has begun with gives way to this one. */
void etcd_ask(struct etcd *, const char *where, const evote_decide *);
/*
 * 1 when there is an answer, and it came from `where` (EVOTE_TEXT_MAX + 1
 * bytes); *out is for config_clear.  No answer, no word: ask again.
 */
int etcd_next(struct etcd *, char *where, evote_decided *out);

/*
 * Completes "URL[,URL...] [KEY]", the key being the cluster's own if none is
 * given, in `full` (EVOTE_TEXT_MAX + 1 bytes).  -1: why not is in err.
 */
int etcd_where(const char *where, const char cluster[16], char *full, char *err,
    size_t errlen);

#endif
