#include "client/commands/lookalike.h"

#include <stdio.h>
#include <string.h>

#include "client/commands/enrolled.h"
#include "client/json.h"
#include "client/life.h"
#include "client/prompt.h"
#include "client/say.h"
#include "common/nearest.h"
#include "common/text.h"

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
	cJSON *object = json_item(list);

	say_shown(c, dry,
	    "Group \"%s\" of the election is like group \"%s\" of the roll, "
	    "which has %u voter%s.",
	    own, g->name, g->voters, g->voters == 1 ? "" : "s");
	json_text(object, "group", own);
	json_text(object, "like", g->name);
	json_number(object, "voters", g->voters);
}

int
lookalike_groups(struct client *c, const evote_election *v, int dry)
{
	struct groups groups = {0};
	char what[NAME_ROOM + 40];
	cJSON *list = NULL;
	const char *own;
	int status;

	snprintf(
	    what, sizeof(what), "Election \"%s\" was not created", v->name);
	status = enrolled_groups(c, ENROLLED_ALL, what, &groups);
	if (status < 0)
		list = json_list(c->json, "alike_groups");
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

/* ---- elections ---- */

static int
page_read(struct client *c, struct evote *e, const char *name, unsigned first,
    evote_lives_res *res)
{
	char what[NAME_ROOM + 40];
	enum evote_outcome outcome;

	snprintf(what, sizeof(what), "Election \"%s\" was not created", name);
	if (e == NULL)
		return (admin_lives(c, first, res, what));
	outcome = evote_lives(e, first, res);
	return (say_answer(c, e,
	    outcome == EVOTE_UNANSWERED ? EVOTE_UNSENT : outcome, &res->answer,
	    "%s", what));
}

/* 1: it is not over, and its name looks the same. */
static int
election_say(struct client *c, cJSON *list, const evote_life_summary *s,
    const char *name, int dry)
{
	cJSON *object = json_item(list);

	say_shown(c, dry,
	    "There is an election with a name like this one: \"%s\" (%s).",
	    s->name, life_phase(s->phase));
	json_text(object, "name", s->name);
	json_text(object, "phase", life_phase(s->phase));
	/* Motions A and B are meant to differ in no more. */
	return (text_alike(s->name, name) &&
	    (s->phase == EVOTE_PHASE_PLANNED || s->phase == EVOTE_PHASE_OPEN));
}

int
lookalike_elections(
    struct client *c, struct evote *e, const char *name, int dry, int yes)
{
	cJSON *list = json_list(c->json, "alike_elections");
	unsigned first = 0, living = 0;
	evote_lives_res res;
	int status;
	u_int i;

	do {
		status = page_read(c, e, name, first, &res);
		for (i = 0; status < 0 && i < res.elections.elections_len; i++)
			if (strcmp(res.elections.elections_val[i].name, name) !=
				0 &&
			    nearest_alike(
				res.elections.elections_val[i].name, name))
				living += (unsigned)election_say(c, list,
				    &res.elections.elections_val[i], name, dry);
		first = res.next > first ? res.next : 0;
		if (e != NULL && first != 0)
			evote_within(e, 0);
		xdr_free((xdrproc_t)xdr_evote_lives_res, &res);
	} while (status < 0 && first != 0);
	if (status >= 0 || living == 0 || yes || prompt_can(c))
		return (status);
	return (say_usage(c,
	    "Election \"%s\" was not created, because voters cannot tell it "
	    "from one whose name looks the same. Give it another name, or add "
	    "--yes if both are meant",
	    name));
}
