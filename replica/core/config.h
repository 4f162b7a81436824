#ifndef EVOTE_CONFIG_H
#define EVOTE_CONFIG_H

#include "evote.h"

/* The configuration as a value: evote_config, deep-copied.  Pure. */

typedef unsigned char incarnation[16];

void config_copy(evote_config *to, const evote_config *from);
void config_clear(evote_config *);
/*
 * 1 when this version knows what it says.  XDR lets any number pass for an
 * enum: to be asked of every configuration that was read, wherever it came
 * from.
 */
int config_known(const evote_config *);

int config_id_equal(const void *a, const void *b);
int config_id_zero(const void *id);
/* 1 unless it names another; zero, as before joining, names none. */
int config_id_fits(const void *named, const void *id);

/* The place in in_sync, or -1. */
int config_in_sync(const evote_config *, const void *id);
int config_barred(const evote_config *, const void *id);
/* 1 when they are the same decision, in every field. */
int config_equal(const evote_config *, const evote_config *);
/* 1 when nobody but id is in sync. */
int config_alone(const evote_config *, const void *id);
/* The name of the in-sync member with this incarnation, or "". */
const char *config_name(const evote_config *, const void *id);

void config_add(evote_config *, const char *name, const void *id);
/* Out of the set; who is leaving is then no host any more. */
void config_remove(evote_config *, const void *id);
void config_bar(evote_config *, const char *name, const void *id);
void config_arbiter(evote_config *, evote_arbiter_kind, const char *where);

/* What the configuration says of the host of that name, or NULL. */
evote_listed *config_host(const evote_config *, const char *name);
/* 1 when it is a host that is to stay, or the configuration names no hosts yet.
 */
int config_listed(const evote_config *, const char *name);
/* With the lowest number that is free; or only its address is changed. */
void config_host_add(evote_config *, const char *name, const char *address);
void config_host_remove(evote_config *, const char *name);
/* Those come first, in that order; then the others as before. */
void config_prefer(evote_config *, const char *const *names, int n);

#endif
