#include "client/prompt.h"

#include <sys/stat.h>
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/output.h"

#define ASK_TIMES 3
#define QUIET_MS  1000

int
prompt_can(const struct client *c)
{
	return (
	    c->json == NULL && isatty(STDIN_FILENO) && isatty(STDERR_FILENO));
}

int
prompt_redirected(void)
{
	struct stat st;

	return (isatty(STDIN_FILENO) && fstat(STDOUT_FILENO, &st) == 0 &&
	    S_ISREG(st.st_mode));
}

char *
prompt_line(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	/* Nothing more than the line is taken: see prompt_ended. */
	setvbuf(stdin, NULL, _IONBF, 0);
	n = getline(&line, &size, stdin);
	if (n < 0) {
		free(line);
		return (NULL);
	}
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	return (line);
}

int
prompt_ended(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	int c = '\n';

	while ((c == '\n' || c == '\r') && poll(&in, 1, QUIET_MS) > 0)
		c = getchar();
	return (c == '\n' || c == '\r' || c == EOF);
}

/* 1: yes; 0: no; -1: neither. */
static int
yes_read(char *line)
{
	char *end = line + strlen(line);

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*line))
		line++;
	if (strcasecmp(line, "yes") == 0 || strcasecmp(line, "y") == 0)
		return (1);
	return (
	    strcasecmp(line, "no") == 0 || strcasecmp(line, "n") == 0 ? 0 : -1);
}

int
prompt_yes(const char *question)
{
	int times, yes = -1;
	char *line;

	for (times = 0; times < ASK_TIMES && yes < 0; times++) {
		output_flush();
		fprintf(stderr, "%s%s (yes/no)? ",
		    times > 0 ? "Type yes or no. " : "", question);
		if ((line = prompt_line()) == NULL)
			return (0);
		yes = yes_read(line);
		free(line);
	}
	return (yes == 1);
}
