#include "client/roll/groups.h"

#include <stdlib.h>
#include <string.h>

#include "common/nearest.h"
#include "common/need.h"
#include "common/text.h"

/* Of more groups, as in a wrong column, each pair would take too long. */
#define COMPARED_MAX 500

static struct group *
group_find(const struct groups *gs, const char *name)
{
	struct group *g;

	HASH_FIND_STR(gs->all, name, g);
	return (g);
}

void
groups_add(struct groups *gs, const char *name)
{
	struct group *g = group_find(gs, name);

	if (g == NULL) {
		g = need_zeroed(1, sizeof(*g));
		g->name = need_copy(name);
		HASH_ADD_KEYPTR(hh, gs->all, g->name, strlen(g->name), g);
	}
	g->voters++;
}

void
groups_clear(struct groups *gs)
{
	struct group *g, *next;

	HASH_ITER (hh, gs->all, g, next) {
		HASH_DEL(gs->all, g);
		free(g->name);
		free(g);
	}
}

uint32_t
groups_in(const struct groups *gs, const char *name)
{
	const struct group *g = group_find(gs, name);

	return (g == NULL ? 0 : g->voters);
}

int
groups_few(const struct groups *gs)
{
	return (HASH_COUNT(gs->all) <= COMPARED_MAX);
}

const struct group *
groups_like(const struct groups *gs, const char *name)
{
	const struct group *g, *found = NULL;

	for (g = gs->all; g != NULL; g = g->hh.next)
		if (strcmp(g->name, name) != 0 &&
		    (found == NULL || g->voters > found->voters) &&
		    nearest_alike(g->name, name))
			found = g;
	return (found);
}

/* Adds those that are like g, and those that are like these, and so on. */
static void
kin_join(struct groups *gs, struct group *g, char *out, size_t size)
{
	struct group *other;

	g->listed = 1;
	text_join(out, size, ", ", g->name);
	for (other = gs->all; other != NULL; other = other->hh.next)
		if (!other->listed && nearest_alike(g->name, other->name))
			kin_join(gs, other, out, size);
}

int
groups_alike(struct groups *gs, struct group **at, char *out, size_t size)
{
	struct group *g;

	if (!groups_few(gs))
		return (0);
	while ((g = *at) != NULL) {
		*at = g->hh.next;
		out[0] = '\0';
		if (!g->listed)
			kin_join(gs, g, out, size);
		if (strlen(out) > strlen(g->name))
			return (1);
	}
	return (0);
}
