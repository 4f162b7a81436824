#ifndef EVOTE_FORMAT_H
#define EVOTE_FORMAT_H

#include "common/record.h"
#include "server/store/slots.h"

/* What is in a data directory, as it is on the disk: see datadir.h. */

/* What a new directory is to hold. */
struct format {
	unsigned char key[32];
	unsigned char incarnation[16];
	const evote_config *config;
	struct record *genesis; /* NULL: the ledger stays empty */
	/* Instead: makes the ledger, durably; 0 or -1 with err. */
	int (*fill)(
	    const char *file, const void *arg, char *err, size_t errlen);
	const void *arg;
};

/*
 * Into an empty, locked directory.  The incarnation comes last: a directory
 * without it is none, whatever else is there.  -1: why, in err.
 */
int format_dir(
    const char *path, const struct format *, char *err, size_t errlen);

enum format_state {
	FORMAT_EMPTY,
	FORMAT_HALF,	  /* formatting did not reach its end */
	FORMAT_WHOLE,	  /* formatting ends with the incarnation */
	FORMAT_UNREADABLE /* errno */
};
enum format_state format_look(const char *path);

/* The configuration as bytes after their format; their number. */
size_t format_write(const evote_config *, unsigned char value[SLOTS_MOST]);
/* 0; -1 when it is of another format. */
int format_read(evote_config *, const unsigned char *value, size_t len);

#endif
