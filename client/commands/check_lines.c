#include "client/commands/check_lines.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/json.h"
#include "client/say.h"
#include "client/when.h"

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
	object = json_item(l->list);
	json_text(object, "what", what);
	json_flag(object, "ok", ok);
	json_text(object, "text", text);
	json_text(object, "todo", todo);
}

void
line_late(struct lines *l, struct evote *e, const char *name, uint64_t last,
    int wanted)
{
	uint64_t until = evote_begun_until(e);
	struct when w = when_at(until != 0 ? until : last, evote_now_us(e));

	if (until != 0)
		line_say(l, "election", "",
		    "\"%s\" has ended, and takes your vote until %s, which is "
		    "%s here, %s, since you had logged in before; you have not "
		    "voted",
		    name, w.utc, w.local, w.left);
	else
		line_say(l, "election",
		    wanted ? "Its result comes after that." : "",
		    "\"%s\" has ended. Until %s it takes votes of those who "
		    "logged in before its end, at most an hour ago, and from "
		    "here you did not",
		    name, w.utc);
}
