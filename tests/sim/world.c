#include <stdarg.h>

#include "sim.h"

struct world w;

uint64_t
rng(void)
{
	uint64_t z = (w.chance += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31));
}

uint64_t
upto(uint64_t n)
{
	return (rng() % (n + 1));
}

int
chance(unsigned per_mille)
{
	return (rng() % 1000 < per_mille);
}

void *
grown(void *p, size_t n, size_t size)
{
	if ((p = realloc(p, n * size)) == NULL)
		abort();
	return (p);
}

static int
before(const struct item *a, const struct item *b)
{
	return (a->at != b->at ? a->at < b->at : a->order < b->order);
}

void
later(uint64_t delay, struct item it)
{
	size_t i;

	it.at = w.now + delay;
	it.order = w.order++;
	if (w.n == w.max) {
		w.max = w.max * 2 + 1024;
		w.heap = grown(w.heap, w.max, sizeof(*w.heap));
	}
	for (i = w.n++; i > 0 && before(&it, &w.heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		w.heap[i] = w.heap[(i - 1) / 2];
	w.heap[i] = it;
}

struct item
next_item(void)
{
	struct item top = w.heap[0], last = w.heap[--w.n];
	size_t i = 0, c;

	while ((c = 2 * i + 1) < w.n) {
		if (c + 1 < w.n && before(&w.heap[c + 1], &w.heap[c]))
			c++;
		if (!before(&w.heap[c], &last))
			break;
		w.heap[i] = w.heap[c];
		i = c;
	}
	if (w.n > 0)
		w.heap[i] = last;
	return (top);
}

/* ---- what happened last ---- */

#define LINES 80

static struct {
	char line[LINES][200];
	unsigned n;
} past;

void
note(const char *fmt, ...)
{
	char *line = past.line[past.n++ % LINES];
	int n = snprintf(line, 32, "%10.3f ", (double)w.now / 1000.0);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(past.line[0]) - (size_t)n, fmt, ap);
	va_end(ap);
	if (w.trace)
		puts(line);
}

void
fail(const char *why)
{
	unsigned i = past.n > LINES ? past.n - LINES : 0;

	fprintf(stderr, "sim: seed %" PRIu64 " failed at %" PRIu64 " us: %s\n",
	    w.seed, w.now, why);
	for (; !w.trace && i < past.n; i++)
		fprintf(stderr, "%s\n", past.line[i % LINES]);
	abort();
}
