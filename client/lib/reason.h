#ifndef REASON_H
#define REASON_H

#include "evote.h"

/* What the reasons of answers mean; the table is reasons.def. */
struct reason {
	const char *name; /* "name-taken": the enum's in lower case */
	enum {
		RENEW_NOTHING,
		RENEW_NUMBER,
		RENEW_TOKEN,
		RENEW_SIGNATURE,
		RENEW_SALT,
		RENEW_CHALLENGE
	} renew;
	const char *open;     /* NULL: it is final */
	const char *sentence; /* why, and what to do; without a full stop */
};

/* "strange" for what a newer service may say. */
const struct reason *reason_of(evote_reason);

#endif
