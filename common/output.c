#include "common/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
output_end(const char *front, int status)
{
	const char *why = "";

	errno = 0;
	/* What is written in pieces fails in pieces, and the last may not. */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (status);
	if (errno != 0)
		why = strerror(errno);
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
