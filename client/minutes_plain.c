#include "client/minutes_plain.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

/*
 * Whether it could begin something in Markdown or HTML; *p is a part of text.
 */
static int
is_mark(const char *text, const char *p)
{
	if (strchr("\\`*_{}[]<>#+|~$^&@!:", *p) != NULL)
		return (1);
	if (p == text)
		return (*p == '-' || *p == '=');
	/* A number may begin a list. */
	return ((*p == '.' || *p == ')') &&
	    strspn(text, "0123456789") == (size_t)(p - text));
}

const char *
minutes_plain(const char *text, char out[MINUTES_ROOM])
{
	char safe[EVOTE_TEXT_MAX + 1];
	const char *p;
	size_t n = 0;

	snprintf(safe, sizeof(safe), "%s", text);
	text_harmless(safe);
	for (p = safe; *p != '\0' && n + 2 < MINUTES_ROOM; p++) {
		if (is_mark(safe, p))
			out[n++] = '\\';
		out[n++] = *p == '\t' ? ' ' : *p;
	}
	out[n] = '\0';
	return (out);
}
