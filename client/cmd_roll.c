#include <getopt.h>
#include <stdio.h>

#include "client/cmd.h"
#include "client/lib/sshkey.h"
#include "client/say.h"
#include "common/seal.h"
#include "common/text.h"

#define KEY_TEXT (4 * ((SEAL_KEY + 2) / 3) + 1)
#define PADDED	 (EVOTE_NAME_MAX * 2 + 1)

/* ---- register ---- */

static int
register_options(struct client *c, int argc, char **argv, int *shared_keys)
{
	static const struct option options[] = {
	    {"shared-keys", no_argument, NULL, 's'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (ch == 'h')
			return (cmd_help(&cmd_register));
		if (ch != 's')
			return (cmd_usage(c, &cmd_register));
		*shared_keys = 1;
	}
	return (cmd_count(c, &cmd_register, argc, 3, 3));
}

static int
run_register(struct client *c, int argc, char **argv)
{
	evote_register_res res = {0};
	evote_register_args args = {0};
	enum clnt_stat stat;
	char name[NAME_ROOM], group[NAME_ROOM], what[400];
	evote_voter voter = {.name = name, .group = group};
	CLIENT *client;
	int status;

	if ((status = register_options(c, argc, argv, &args.shared_keys)) >=
		0 ||
	    (status = cmd_name(c, "name", argv[optind], name)) >= 0 ||
	    (status = cmd_name(c, "group", argv[optind + 1], group)) >= 0)
		return (status);
	if (sshkey_public((unsigned char *)voter.key, argv[optind + 2], what,
		sizeof(what)) != 0)
		return (say_usage(c, "the key %s", what));
	args.voters.voters_val = &voter;
	args.voters.voters_len = 1;
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	stat = evote_register_1(&args, &res, client);
	snprintf(what, sizeof(what), "%.300s was not registered", voter.name);
	status = admin_check(c, stat, &res.answer, what);
	if (status < 0)
		status = say_done(c, "%s is registered in the group %s",
		    voter.name, voter.group);
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_register = {
    "register",
    "NAME GROUP KEY [--shared-keys]",
    "Puts a voter on the roll; KEY is what keygen printed, or an ssh-ed25519 "
    "line (--admin).\n      --shared-keys lets two voters have one key.",
    run_register,
};

/* ---- unregister ---- */

static int
run_unregister(struct client *c, int argc, char **argv)
{
	evote_answer answer = {0};
	enum clnt_stat stat;
	CLIENT *client;
	char text[NAME_ROOM], what[400];
	evote_name name = text;
	int status;

	if ((status = cmd_args(c, &cmd_unregister, argc, argv, 1, 1)) >= 0 ||
	    (status = cmd_name(c, "name", argv[optind], text)) >= 0)
		return (status);
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	snprintf(what, sizeof(what), "%.300s was not taken off the roll", name);
	stat = evote_unregister_1(&name, &answer, client);
	status = admin_check(c, stat, &answer, what);
	if (status < 0)
		status = say_done(c,
		    "%s is off the roll; votes already cast still count", name);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_unregister = {
    "unregister",
    "NAME",
    "Takes a voter off the roll (--admin).",
    run_unregister,
};

/* ---- unlock ---- */

static int
run_unlock(struct client *c, int argc, char **argv)
{
	evote_answer answer = {0};
	enum clnt_stat stat;
	CLIENT *client;
	evote_name name;
	char what[400];
	int status;

	if ((status = cmd_args(c, &cmd_unlock, argc, argv, 1, 1)) >= 0)
		return (status);
	name = argv[optind];
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	snprintf(what, sizeof(what), "%.300s was not unlocked", name);
	stat = evote_unlock_1(&name, &answer, client);
	status = admin_check(c, stat, &answer, what);
	if (status < 0)
		status = say_done(c,
		    "%s may send requests again; nothing that was answered "
		    "before is undone or done twice",
		    name);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_unlock = {
    "unlock",
    "NAME",
    "Frees a voter whose requests are refused as stale or too many (--admin).",
    run_unlock,
};

/* ---- voters ---- */

struct listing {
	cJSON *list; /* NULL: for people */
	u_int next, count;
	int name_columns, group_columns; /* the widest so far */
};

static void
voter_say(struct client *c, const struct listing *l, const evote_voter *v)
{
	char name[PADDED], group[PADDED], key[KEY_TEXT];
	cJSON *object, *list = l->list;

	seal_base64(key, v->key, sizeof(v->key));
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

static void
listing_widen(struct listing *l, const evote_voter *v)
{
	int name = text_width(v->name), group = text_width(v->group);

	l->name_columns = name > l->name_columns ? name : l->name_columns;
	l->group_columns = group > l->group_columns ? group : l->group_columns;
}

static int
page_say(struct client *c, CLIENT *client, struct listing *l)
{
	evote_voters_args args = {l->next};
	evote_voters_res res = {0};
	enum clnt_stat stat = evote_voters_1(&args, &res, client);
	int status;
	u_int i;

	status =
	    admin_check(c, stat, &res.answer, "The roll was not shown whole");
	for (i = 0; status < 0 && i < res.voters.voters_len; i++)
		listing_widen(l, &res.voters.voters_val[i]);
	for (i = 0; status < 0 && i < res.voters.voters_len; i++)
		voter_say(c, l, &res.voters.voters_val[i]);
	l->count += i;
	l->next = res.next > l->next ? res.next : 0;
	xdr_free((xdrproc_t)xdr_evote_voters_res, &res);
	return (status);
}

static int
run_voters(struct client *c, int argc, char **argv)
{
	struct listing l = {0};
	CLIENT *client;
	int status;

	if ((status = cmd_args(c, &cmd_voters, argc, argv, 0, 0)) >= 0 ||
	    (status = admin_open(c, &client)) >= 0)
		return (status);
	if (c->json != NULL)
		l.list = cJSON_AddArrayToObject(c->json, "voters");
	do
		status = page_say(c, client, &l);
	while (status < 0 && l.next != 0);
	if (status < 0)
		status =
		    say_done(c, "%u voter%s", l.count, l.count == 1 ? "" : "s");
	clnt_destroy(client);
	return (status);
}

const struct command cmd_voters = {
    "voters",
    "",
    "Shows the roll: name, group, key (--admin).",
    run_voters,
};
