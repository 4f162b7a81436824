#include "client/commands/lookalike.h"

#include <stdio.h>
#include <string.h>

#include "client/commands/enrolled.h"
#include "client/say.h"
#include "common/nearest.h"

/* Of a dry run it is all there is; else a remark. */
static void
remark(struct client *c, int dry, const char *text)
{
	if (dry)
		say_line(c, "%s", text);
	else if (c->json == NULL)
		say_aside("%s", text);
}

/* ---- groups ---- */

static int
is_own(const evote_election *v, const char *group)
{
	for (u_int i = 0; i < v->groups.groups_len; i++)
		if (strcmp(v->groups.groups_val[i], group) == 0)
			return (1);
	return (0);
}

static void
group_say(struct client *c, cJSON *list, const char *own, const struct group *g,
    int dry)
{
	char text[2 * NAME_ROOM + 100];
	cJSON *object = list != NULL ? cJSON_CreateObject() : NULL;

	snprintf(text, sizeof(text),
	    "Group \"%s\" of the election is like group \"%s\" of the roll, "
	    "which has %u voter%s",
	    own, g->name, g->voters, g->voters == 1 ? "" : "s");
	remark(c, dry, text);
	if (object == NULL)
		return;
	cJSON_AddStringToObject(object, "group", own);
	cJSON_AddStringToObject(object, "like", g->name);
	cJSON_AddNumberToObject(object, "voters", g->voters);
	cJSON_AddItemToArray(list, object);
}

int
lookalike_groups(struct client *c, const evote_election *v, int dry)
{
	struct groups groups = {0};
	int status = enrolled_groups(c, ENROLLED_ALL,
	    "The groups of the roll were not read, and nothing was done",
	    &groups);
	cJSON *list = status < 0 && c->json != NULL
	    ? cJSON_AddArrayToObject(c->json, "alike_groups")
	    : NULL;
	const char *own;

	for (u_int i = 0; status < 0 && i < v->groups.groups_len; i++) {
		own = v->groups.groups_val[i];
		for (const struct group *g = groups.all; g != NULL;
		     g = g->hh.next)
			if (!is_own(v, g->name) && nearest_alike(own, g->name))
				group_say(c, list, own, g, dry);
	}
	groups_clear(&groups);
	return (status);
}
