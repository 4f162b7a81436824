#ifndef EVOTE_HOSTS_H
#define EVOTE_HOSTS_H

#include <stddef.h>

#include "evote.h"

/* Where the hosts of a service are, in order of preference.  Pure but for @. */
struct host {
	char name[EVOTE_HOST_MAX + 1]; /* as the servers call it */
	char address[256];	       /* a name or a numeric address */
	int port;		       /* 0: its portmapper knows */
};

#define HOSTS_PIN 45 /* base64 of a SHA-256, NUL: see tls.h */

struct hosts {
	struct host list[EVOTE_HOSTS_MAX];
	int n;
	char pin[HOSTS_PIN]; /* of their service, or "" */
};

/*
 * Reads "NAME=HOST[:PORT],..." or "@FILE" with one a line, # comments and blank
 * lines allowed; NAME= may be left out when it is the same as HOST; an IPv6
 * address stands in [brackets].  Returns 0, or -1 with one sentence in err:
 * which line, and what was perhaps meant.
 */
int hosts_parse(const char *list, struct hosts *, char *err, size_t errlen);
/* The same for what came from another machine: never reads a file. */
int hosts_parse_list(
    const char *list, struct hosts *, char *err, size_t errlen);
/*
 * Adds a pin to them, unless it is another than theirs; 0, or -1 as above, with
 * `where` before the sentence.
 */
int hosts_add_pin(struct hosts *, const char *pin, const char *where, char *err,
    size_t errlen);
/* The place of the host of that name, -1: none. */
int hosts_find(const struct hosts *, const char *name);
/* HOST[:PORT] as a list has it: reads it, with a name beside; 0 or -1. */
int hosts_read(const char *name, const char *address, struct host *);
void hosts_write(const struct host *, char address[EVOTE_ADDRESS_MAX + 1]);
/* What each machine takes for itself. */
int hosts_is_loopback(const struct host *);
/* The same for lists of the same hosts in any order, different for others. */
void hosts_digest(const struct hosts *, unsigned char out[32]);

#endif
