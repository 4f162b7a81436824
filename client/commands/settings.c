#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/commands/enrolled.h"
#include "client/names.h"
#include "client/plan.h"
#include "client/say.h"
#include "common/number.h"

struct wanted {
	const char *who, *quota;
	struct names groups;
};

static int
creators_read(struct client *c, struct wanted *w, evote_settings_args *args)
{
	evote_settings *s = &args->settings;

	if (w->who != NULL && w->groups.n > 0)
		return (say_usage(c, "either --create or --group"));
	args->set_creators = w->who != NULL || w->groups.n > 0;
	if (w->groups.n > 0) {
		s->creators = EVOTE_BY_GROUPS;
		s->groups.groups_len = w->groups.n;
		s->groups.groups_val = w->groups.list;
	} else if (w->who != NULL && strcmp(w->who, "operators") == 0)
		s->creators = EVOTE_BY_OPERATORS;
	else if (w->who != NULL && strcmp(w->who, "anyone") != 0)
		return (say_usage(c,
		    "--create: it is anyone or operators; name groups with "
		    "--group"));
	return (-1);
}

static int
quota_read(struct client *c, const char *given, evote_settings_args *args)
{
	uint64_t quota;

	if (given == NULL)
		return (-1);
	if (number_read(given, 0, EVOTE_QUOTA_MAX, &quota) != 0)
		return (say_usage(c, "--quota: \"%s\" is not a number up to %u",
		    given, EVOTE_QUOTA_MAX));
	args->set_quota = 1;
	args->settings.quota = (u_int)quota;
	return (-1);
}

/* One that is misspelt leaves out who was meant; a step. */
static int
groups_look(struct client *c, const evote_settings *s)
{
	struct groups roll = {0};
	char ask[ENROLLED_ASK];
	const char *group;
	int status = enrolled_groups(
	    c, ENROLLED_ALL, "The settings were not changed", &roll);

	for (u_int i = 0; status < 0 && i < s->groups.groups_len; i++) {
		group = s->groups.groups_val[i];
		if (groups_in(&roll, group) > 0 || c->json != NULL)
			continue;
		enrolled_ask(&roll, group, ask);
		say_aside(
		    "Nobody on the roll is in group \"%s\"%s.", group, ask);
	}
	groups_clear(&roll);
	return (status);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	evote_settings_args args = {0};
	evote_settings_res res = {0};
	struct wanted *w = own;
	char who[1200];
	const char *now;
	int status, changes;

	if ((status = creators_read(c, w, &args)) >= 0 ||
	    (status = quota_read(c, w->quota, &args)) >= 0 ||
	    (w->groups.n > 0 && (status = groups_look(c, &args.settings)) >= 0))
		return (status);
	changes = args.set_creators || args.set_quota;
	status = (changes ? admin_call : admin_read)(c, EVOTE_SETTINGS,
	    (xdrproc_t)xdr_evote_settings_args, &args,
	    (xdrproc_t)xdr_evote_settings_res, &res,
	    changes ? "The settings were not changed"
		    : "The settings cannot be shown");
	if (status < 0) {
		now = changes ? "From now on " : "";
		plan_creators(&res.settings, who, sizeof(who));
		plan_settings(c->json, &res.settings);
		say_stamp(c, &res.answer.stamp);
		status = res.settings.creators == EVOTE_BY_OPERATORS
		    ? say_done(c, "%sonly operators may create elections", now)
		    : say_done(c,
			  "%s%s may create elections; each voter may create "
			  "%u at once",
			  now, who, res.settings.quota);
	}
	xdr_free((xdrproc_t)xdr_evote_settings_res, &res);
	return (status);
}

static const struct option_row options[] = {
    {"create", "WHO", "who may create elections: anyone, or operators alone",
	.at = offsetof(struct wanted, who)},
    {"group", "G", "voters of this group may, and of no group not named",
	.at = offsetof(struct wanted, groups), .take = names_take,
	.use = OPTION_ANY},
    {"quota", "N", "how many elections a voter may create at once",
	.at = offsetof(struct wanted, quota)},
    {0},
};

const struct command cmd_settings = {
    .name = "settings",
    .help = "Shows or changes who may create elections, and how many "
	    "(--admin). Operators always may.",
    .size = sizeof(struct wanted),
    .options = options,
    .run = run,
};
