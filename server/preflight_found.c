#include "server/preflight_found.h"

#include <stdarg.h>
#include <stdio.h>

void
found(
    struct preflight *p, enum finding f, const char *what, const char *fmt, ...)
{
	static const char *const words[] = {"ok", "note", "WRONG"};
	va_list ap;

	p->wrong += f == FOUND_WRONG;
	printf("%-5s  %-7s  ", words[f], what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts(".");
}
