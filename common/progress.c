#include "common/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/now.h"

#define COLUMNS 30
#define DRAW_MS 100
#define WIPE	"\r\033[K"

void
progress_begin(struct progress *p, int people, const char *what, uint64_t total)
{
	*p = (struct progress){
	    .what = what,
	    .total = total,
	    .on = people && isatty(STDERR_FILENO),
	};
}

void
progress_bar(char out[PROGRESS_BAR], uint64_t done, uint64_t total)
{
	double part = total == 0 ? 1 : (double)done / (double)total;
	char bar[COLUMNS + 1];
	int i;

	part = part > 1 ? 1 : part;
	for (i = 0; i < COLUMNS; i++)
		bar[i] = i < (int)(part * COLUMNS) ? '#' : '-';
	bar[COLUMNS] = '\0';
	/* Rounded down: 100 % is said of what is done, and of nothing else. */
	snprintf(out, PROGRESS_BAR, "[%s] %3d %%", bar, (int)(part * 100));
}

void
progress_at(struct progress *p, uint64_t done)
{
	uint64_t now = p->on ? now_ms() : 0;
	char bar[PROGRESS_BAR];

	if (!p->on || (p->drawn_ms != 0 && now < p->drawn_ms + DRAW_MS))
		return;
	p->drawn_ms = now;
	progress_bar(bar, done, p->total);
	fprintf(stderr, WIPE "%s %s", p->what, bar);
	fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->drawn_ms != 0)
		fputs(WIPE, stderr);
	p->drawn_ms = 0;
}
