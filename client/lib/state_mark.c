/* What is remembered of a contradiction, until its files are removed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/state_impl.h"
#include "common/need.h"

#define MARK "contradiction"

/* "seen, service and keys" of a line. */
static int
any_left(const struct state *s, char *names)
{
	char *at = names, *name;

	while ((name = strsep(&at, ", ")) != NULL)
		if (strcmp(name, "") != 0 && strcmp(name, "and") != 0 &&
		    state_has(s, name))
			return (1);
	return (0);
}

int
state_mark(struct state *s, const char *names, const char *sentence)
{
	size_t size = strlen(names) + strlen(sentence) + 3;
	char *text = need(malloc(size));
	int rc;

	snprintf(text, size, "%s\n%s\n", names, sentence);
	rc = state_add(s, MARK, text);
	free(text);
	return (rc < 0 ? -1 : 0);
}

int
state_marked(struct state *s, char **sentence)
{
	char *text = NULL, *end;

	*sentence = NULL;
	if (state_read(s, MARK, &text) < 0)
		return (-1);
	if (text == NULL)
		return (0);
	if ((end = strchr(text, '\n')) != NULL)
		*end = '\0';
	if (end != NULL && any_left(s, text)) {
		end[1 + strcspn(end + 1, "\n")] = '\0';
		*sentence = need_copy(end + 1);
		free(text);
		return (1);
	}
	free(text);
	unlinkat(s->dir, MARK, 0);
	return (0);
}
