#include "common/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Why the first piece failed, if that is known. */
static int failed;

int
output_flush(void)
{
	errno = 0;
	if (fflush(stdout) != 0 && failed == 0)
		failed = errno;
	/* What is written in pieces fails in pieces, and the last may not. */
	return (ferror(stdout) ? -1 : 0);
}

int
output_end(const char *front, int status)
{
	const char *why = "";

	if (output_flush() == 0)
		return (status);
	if (failed != 0)
		why = strerror(failed);
	if (status == 0)
		fprintf(stderr,
		    "%sThe command was carried out, but its answer could not "
		    "be written%s%s.\n",
		    front, why[0] != '\0' ? ": " : "", why);
	else
		fprintf(stderr,
		    "%sThe answer could not be written%s%s. The exit status "
		    "tells how the command ended.\n",
		    front, why[0] != '\0' ? ": " : "", why);
	return (status == 0 ? OUTPUT_LOST : status);
}
