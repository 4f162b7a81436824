#include "common/tracker.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/record.h"

uint64_t
tracker_of(const unsigned char salt[32], const char *election)
{
	char domain[] = "evote tracker 1";
	evote_tracked t = {.domain = domain, .election = (char *)election};
	unsigned char hash[32];
	uint64_t tracker = 0;
	int rc;

	memcpy(t.salt, salt, sizeof(t.salt));
	rc = xdr_hash((xdrproc_t)xdr_evote_tracked, &t, hash);
	assert(rc == 0);
	for (int i = 0; i < 8; i++)
		tracker = tracker << 8 | hash[i];
	return (tracker);
}

void
tracker_text(char out[TRACKER_TEXT], uint64_t tracker)
{
	snprintf(out, TRACKER_TEXT, "%016" PRIx64, tracker);
}
