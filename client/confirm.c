#include "client/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
confirm_can(const struct client *c)
{
	return (
	    c->json == NULL && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
}

int
confirm(const char *question)
{
	char line[16] = "";

	fflush(stdout);
	fprintf(stderr, "%s (yes/no)? ", question);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return (0);
	line[strcspn(line, "\r\n")] = '\0';
	return (strcmp(line, "yes") == 0 || strcmp(line, "y") == 0);
}
