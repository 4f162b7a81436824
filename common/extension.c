#include "common/extension.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/proof.h"

char *
extension_write(uint64_t since, const void *path, size_t n, const char *note)
{
	size_t size = 64 + n * PROOF_LINE + strlen(note);
	char *out = need(malloc(size)), *p = out;

	p += sprintf(p, EXTENSION_HEAD "%" PRIu64 "\n", since);
	p = proof_lines(p, path, n);
	sprintf(p, "\n%s", note);
	return (out);
}
