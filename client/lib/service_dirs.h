#ifndef EVOTE_SERVICE_DIRS_H
#define EVOTE_SERVICE_DIRS_H

#include <limits.h>

#include "common/hosts.h"

/*
 * Where the state of each service lies: a directory of its own under a common
 * one.  It belongs to the service, not to the list of hosts that leads there:
 * a list is known by any host it shares with an earlier one, and a list of
 * none but new hosts by the cluster that these turn out to be.
 */
#define SERVICE_DIR_NAME 33

/* The one that is asked for: dir, or $EVOTE_STATE unless empty; else NULL. */
const char *service_dirs_asked(const char *dir);
/*
 * Opens the common directory, which is made if it is missing.  None asked for:
 * $XDG_STATE_HOME/evote or ~/.local/state/evote.  `path` is what was tried, or
 * "".  -1: errno for plain_why, ENOENT when there is no path.
 */
int service_dirs_open(const char *dir, char *path, size_t size);
/*
 * 1 with the name of the one directory that this list leads to, else 0.  One
 * that remembers another pin than the list has is of another service.
 */
int service_dirs_by_hosts(
    int base, const struct hosts *, char name[SERVICE_DIR_NAME]);
/* 1 with the name of the one where this cluster is pinned, else 0. */
int service_dirs_by_cluster(
    int base, const unsigned char cluster[16], char name[SERVICE_DIR_NAME]);
/* Whether there is none, of no service. */
int service_dirs_none(int base);
/* The name of a new one for it, which is made; 0, or -1 with errno. */
int service_dirs_add(
    int base, const unsigned char cluster[16], char name[SERVICE_DIR_NAME]);
/*
 * The hosts have proved to be of the service whose directory is `now`: 1 with
 * the name of another service's that they led to, where they lead no more; what
 * else is in that stays.  Else 0.
 */
int service_dirs_retire(int base, const struct hosts *, const char *now,
    char name[SERVICE_DIR_NAME]);
/* Adds to the hosts that lead to it; losing them costs little. */
void service_dirs_note(int dir, const struct hosts *);
/* Removes what writers that have ended left half written. */
void service_dirs_sweep(int dir);

#endif
