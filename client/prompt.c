#include "client/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
prompt_can(const struct client *c)
{
	return (
	    c->json == NULL && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
}

char *
prompt_line(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, stdin);

	if (n < 0) {
		free(line);
		return (NULL);
	}
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	return (line);
}

int
prompt_yes(const char *question)
{
	char *line;
	int yes;

	fflush(stdout);
	fprintf(stderr, "%s (yes/no)? ", question);
	line = prompt_line();
	yes = line != NULL &&
	    (strcmp(line, "yes") == 0 || strcmp(line, "y") == 0);
	free(line);
	return (yes);
}
