#include "client/commands/check_lines.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/say.h"

void
line_say(
    struct lines *l, const char *what, const char *todo, const char *fmt, ...)
{
	int noted = todo == NULL, ok = noted || todo[0] == '\0';
	char text[2100];
	cJSON *object;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (noted)
		todo = "";
	l->wrong += !ok;
	say_line(l->c, "%-5s  %-8s  %s.%s%s",
	    noted    ? "note"
		: ok ? "ok"
		     : "WRONG",
	    what, text, ok ? "" : " ", todo);
	if (l->list == NULL)
		return;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "what", what);
	cJSON_AddBoolToObject(object, "ok", ok);
	cJSON_AddStringToObject(object, "text", text);
	cJSON_AddStringToObject(object, "todo", todo);
	cJSON_AddItemToArray(l->list, object);
}
