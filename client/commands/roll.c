#include <stddef.h>
#include <stdio.h>

#include "client/cmd.h"
#include "client/lib/sshkey.h"
#include "client/say.h"
#include "common/seal.h"
#include "common/text.h"

#define KEY_TEXT (4 * ((SEAL_KEY + 2) / 3) + 1)
#define PADDED	 (EVOTE_NAME_MAX * 2 + 1)

/* ---- register ---- */

static const struct option_row register_options[] = {
    {"shared-keys", NULL, "let two voters have one key",
	.at = offsetof(evote_register_args, shared_keys)},
    {0},
};

static int
run_register(struct client *c, void *own, int argc, char **argv)
{
	evote_register_args *args = own;
	evote_register_res res = {0};
	char name[NAME_ROOM], group[NAME_ROOM], what[400];
	evote_voter voter = {.name = name, .group = group};
	int status;

	if ((status = cmd_name(c, "name", argv[0], name)) >= 0 ||
	    (status = cmd_name(c, "group", argv[1], group)) >= 0)
		return (status);
	if (sshkey_public(
		(unsigned char *)voter.key, argv[2], what, sizeof(what)) != 0)
		return (say_usage(c, "the key %s", what));
	args->voters.voters_val = &voter;
	args->voters.voters_len = 1;
	snprintf(what, sizeof(what), "%.300s was not registered", name);
	status =
	    admin_call(c, EVOTE_REGISTER, (xdrproc_t)xdr_evote_register_args,
		args, (xdrproc_t)xdr_evote_register_res, &res, what);
	if (status < 0)
		status = say_done(
		    c, "%s is registered in the group %s", name, group);
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
	return (status);
}

const struct command cmd_register = {
    .name = "register",
    .args = "NAME GROUP KEY",
    .help = "Puts a voter on the roll; KEY is what keygen printed, or an "
	    "ssh-ed25519 line (--admin).",
    .size = sizeof(evote_register_args),
    .options = register_options,
    .run = run_register,
};

/* ---- unregister, unlock ---- */

/* An order that takes a voter's name. */
static int
voter_order(struct client *c, rpcproc_t number, const char *given,
    const char *not_done, const char *done)
{
	evote_answer answer = {0};
	char text[NAME_ROOM], what[400];
	evote_name name = text;
	int status;

	if ((status = cmd_name(c, "name", given, text)) >= 0)
		return (status);
	snprintf(what, sizeof(what), "%.300s %s", name, not_done);
	status = admin_call(c, number, (xdrproc_t)xdr_evote_name, &name,
	    (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0)
		status = say_done(c, "%s %s", name, done);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
run_unregister(struct client *c, void *own, int argc, char **argv)
{
	return (voter_order(c, EVOTE_UNREGISTER, argv[0],
	    "was not taken off the roll",
	    "is off the roll; votes already cast still count"));
}

const struct command cmd_unregister = {
    .name = "unregister",
    .args = "NAME",
    .help = "Takes a voter off the roll (--admin).",
    .run = run_unregister,
};

static int
run_unlock(struct client *c, void *own, int argc, char **argv)
{
	return (voter_order(c, EVOTE_UNLOCK, argv[0], "was not unlocked",
	    "may send requests again; nothing that was answered before is "
	    "undone or done twice"));
}

const struct command cmd_unlock = {
    .name = "unlock",
    .args = "NAME",
    .help = "Frees a voter whose requests are refused as stale or too many "
	    "(--admin).",
    .run = run_unlock,
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
	for (i = 0; status < 0 && i < res.voters.voters_len; i++) {
		say_widen(&l->name_columns, res.voters.voters_val[i].name);
		say_widen(&l->group_columns, res.voters.voters_val[i].group);
	}
	for (i = 0; status < 0 && i < res.voters.voters_len; i++)
		voter_say(c, l, &res.voters.voters_val[i]);
	l->count += i;
	l->next = res.next > l->next ? res.next : 0;
	xdr_free((xdrproc_t)xdr_evote_voters_res, &res);
	return (status);
}

static int
run_voters(struct client *c, void *own, int argc, char **argv)
{
	struct listing l = {0};
	CLIENT *client;
	int status;

	if ((status = admin_open(c, &client)) >= 0)
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
    .name = "voters",
    .help = "Shows the roll: name, group, key (--admin).",
    .run = run_voters,
};
