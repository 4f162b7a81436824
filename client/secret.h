#ifndef EVOTE_SECRET_H
#define EVOTE_SECRET_H

#include "client/cmd.h"

/*
 * Passphrases: the first line of --passphrase-file, or asked for on the
 * terminal, unseen.  0, or -1 with a sentence without its full stop.
 */

/* For evote_options: of an existing key; arg is the struct client. */
int secret_give(void *arg, const char *key, char *out, size_t size, char *err,
    size_t errlen);
/* For a new key: asked for twice.  Empty: it is to have none. */
int secret_choose(
    const struct client *, char *out, size_t size, char *err, size_t errlen);

#endif
