#ifndef EVOTE_FUZZ_H
#define EVOTE_FUZZ_H

/*
 * What has to hold whatever came in is asserted: that ends a run, and says it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * What libFuzzer calls, in each file here: any bytes at all, of a stranger or
 * of a disk.  They must not make it crash, and what is taken must be taken
 * whole.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A copy with a NUL and a spare byte behind it, to be freed. */
static inline char *
fuzz_text(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 2);

	if (text == NULL)
		abort();
	memcpy(text, data, len);
	text[len] = text[len + 1] = '\0';
	return (text);
}

#endif
