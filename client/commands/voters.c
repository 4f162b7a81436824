/* The roll, or its groups, as a list. */
#include <stddef.h>
#include <stdio.h>

#include "client/cmd.h"
#include "client/commands/enrolled.h"
#include "client/roll/csv.h"
#include "client/say.h"
#include "common/seal.h"

#define KEY_TEXT (4 * ((SEAL_KEY + 2) / 3) + 1)

struct listing {
	const char *group, *not_voted;
	int csv, groups;
	char group_name[NAME_ROOM], election[NAME_ROOM];
	cJSON *list; /* NULL: for people */
	u_int next, count;
	int name_columns, group_columns; /* the widest so far */
};

static void
voter_csv(const evote_voter *v, const char *key)
{
	char name[CSV_FIELD], group[CSV_FIELD];

	csv_write(name, sizeof(name), v->name);
	csv_write(group, sizeof(group), v->group);
	printf("%s,%s,%s\r\n", name, group, key);
}

static void
voter_say(struct client *c, const struct listing *l, const evote_voter *v)
{
	char name[SAY_PADDED], group[SAY_PADDED], key[KEY_TEXT];
	cJSON *object, *list = l->list;

	seal_base64(key, v->key, sizeof(v->key));
	if (l->csv) {
		voter_csv(v, key);
		return;
	}
	say_pad(name, sizeof(name), v->name, l->name_columns);
	say_pad(group, sizeof(group), v->group, l->group_columns);
	say_line(c, "%s  %s  %s", name, group, key);
	if (list == NULL)
		return;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "name", v->name);
	cJSON_AddStringToObject(object, "group", v->group);
	cJSON_AddStringToObject(object, "key", key);
	cJSON_AddItemToArray(list, object);
}

static int
page_say(struct client *c, CLIENT *client, struct listing *l)
{
	evote_roll_args args = {l->next, l->group_name, l->election};
	evote_roll_res res;
	enum clnt_stat stat = enrolled_page(c, client, &args, &res);
	int status;
	u_int i;

	status = enrolled_check(c, stat, &res.answer,
	    l->next == 0 ? "The roll was not shown"
			 : "The roll was not shown whole");
	for (i = 0; status < 0 && i < res.voters.voters_len; i++) {
		say_widen(&l->name_columns, res.voters.voters_val[i].name);
		say_widen(&l->group_columns, res.voters.voters_val[i].group);
	}
	for (i = 0; status < 0 && i < res.voters.voters_len; i++)
		voter_say(c, l, &res.voters.voters_val[i]);
	l->count += i;
	l->next = args.first;
	xdr_free((xdrproc_t)xdr_evote_roll_res, &res);
	return (status);
}

/* Without the mark in front some spreadsheets do not take it for UTF-8. */
static void
listing_begin(struct client *c, struct listing *l)
{
	if (c->json != NULL)
		l->list = cJSON_AddArrayToObject(c->json, "voters");
	if (l->csv)
		fputs("\xef\xbb\xbf"
		      "name,group,public key\r\n",
		    stdout);
}

/* Nobody was listed of that group: it is mistyped, or has nobody. */
static int
nobody_say(struct client *c, const struct listing *l)
{
	struct groups groups = {0};
	char ask[ENROLLED_ASK];
	int status;

	if ((status = enrolled_groups(c, ENROLLED_ALL,
		 "The groups of the roll were not read", &groups)) < 0) {
		enrolled_ask(&groups, l->group_name, ask);
		if (groups_in(&groups, l->group_name) == 0 && l->csv)
			say_aside("Nobody on the roll is in group \"%s\"%s.",
			    l->group_name, ask);
		else if (groups_in(&groups, l->group_name) == 0)
			status = say_done(c,
			    "Nobody on the roll is in group \"%s\"%s",
			    l->group_name, ask);
	}
	groups_clear(&groups);
	return (status);
}

/* A table for programs has no sentence at its end. */
static int
listing_end(struct client *c, const struct listing *l)
{
	int status;

	if (l->count == 0 && l->group != NULL &&
	    (status = nobody_say(c, l)) >= 0)
		return (status);
	if (l->csv)
		return (EXIT_DONE);
	return (say_done(c, "%u voter%s", l->count, l->count == 1 ? "" : "s"));
}

/* ---- their groups ---- */

static void
groups_csv(const struct groups *gs)
{
	char group[CSV_FIELD];

	fputs("\xef\xbb\xbf"
	      "group,voters\r\n",
	    stdout);
	for (const struct group *g = gs->all; g != NULL; g = g->hh.next) {
		csv_write(group, sizeof(group), g->name);
		printf("%s,%u\r\n", group, g->voters);
	}
}

static int
groups_list(struct client *c, const struct listing *l)
{
	evote_roll_args which = {
	    .group = (char *)l->group_name, .not_voted = (char *)l->election};
	struct groups groups = {0};
	unsigned n;
	int status =
	    enrolled_groups(c, which, "The groups were not shown", &groups);

	n = HASH_COUNT(groups.all);
	if (status < 0 && l->csv) {
		groups_csv(&groups);
		status = EXIT_DONE;
	} else if (status < 0) {
		enrolled_show(c, &groups);
		status = say_done(c, "%u group%s", n, n == 1 ? "" : "s");
	}
	groups_clear(&groups);
	return (status);
}

static int
run_voters(struct client *c, void *own, int argc, char **argv)
{
	struct listing *l = own;
	CLIENT *client;
	int status;

	if (l->csv && c->json != NULL)
		return (say_usage(c, "either --csv or --json"));
	if (l->group != NULL &&
	    (status = cmd_name(c, "group", l->group, l->group_name)) >= 0)
		return (status);
	if (l->not_voted != NULL &&
	    (status = cmd_name(c, ELECTION, l->not_voted, l->election)) >= 0)
		return (status);
	if (l->groups)
		return (groups_list(c, l));
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	listing_begin(c, l);
	do
		status = page_say(c, client, l);
	while (status < 0 && l->next != 0);
	if (status < 0)
		status = listing_end(c, l);
	clnt_destroy(client);
	return (status);
}

static const struct option_row voters_options[] = {
    {"group", "GROUP", "only those of a group",
	.at = offsetof(struct listing, group)},
    {"not-voted", "ELECTION", "only those who may vote there and have not",
	.at = offsetof(struct listing, not_voted)},
    {"groups", NULL, "list the groups, with the number of these voters in each",
	.at = offsetof(struct listing, groups)},
    {"csv", NULL, "print a table; that of the roll is one that import takes",
	.at = offsetof(struct listing, csv)},
    {0},
};

const struct command cmd_voters = {
    .name = "voters",
    .help = "Shows the roll: name, group, key; or its groups (--admin).",
    .size = sizeof(struct listing),
    .options = voters_options,
    .run = run_voters,
};
