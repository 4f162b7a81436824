#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/commands/enrolled.h"
#include "client/json.h"
#include "client/lib/sshkey.h"
#include "client/say.h"
#include "common/need.h"
#include "common/seal.h"
#include "common/text.h"

/* ---- a key that somebody has ---- */

static char *
holder_text(const char *name)
{
	char text[NAME_ROOM + 40];

	snprintf(text, sizeof(text), "%s is on the roll with this key", name);
	return (need_copy(text));
}

/* That of who has the key, malloc'd; NULL: nobody, or the roll is not told. */
static char *
holder_find(struct client *c, CLIENT *client, const char *key)
{
	evote_roll_args args = {.group = (char *)"", .not_voted = (char *)""};
	evote_roll_res res;
	const evote_voter *v;
	char *holder = NULL;
	u_int i;

	do {
		(void)enrolled_page(c, client, &args, &res);
		for (i = 0; i < res.voters.voters_len && holder == NULL; i++) {
			v = &res.voters.voters_val[i];
			if (memcmp(v->key, key, SEAL_KEY) == 0)
				holder = holder_text(v->name);
		}
		xdr_free((xdrproc_t)xdr_evote_roll_res, &res);
	} while (args.first != 0 && holder == NULL);
	return (holder);
}

/* As admin_call, and whoever has the voter's key is named. */
static int
key_call(struct client *c, rpcproc_t number, xdrproc_t xargs, void *args,
    xdrproc_t xres, void *res, const char *key, const char *what)
{
	const struct timeval unused = {0, 0};
	evote_answer *answer = res;
	char *holder = NULL;
	enum clnt_stat stat;
	CLIENT *client;
	int status;

	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	stat = clnt_call(client, number, xargs, args, xres, res, unused);
	if (stat == RPC_SUCCESS && answer->reason == EVOTE_R_SHARED_KEY &&
	    (holder = holder_find(c, client, key)) != NULL) {
		free(answer->text);
		answer->text = holder;
	}
	clnt_destroy(client);
	return (admin_check(c, ADMIN_CHANGES, stat, answer, what));
}

/* ---- register ---- */

struct registration {
	evote_register_args args;
	int alike_names;
};

static const struct option_row register_options[] = {
    {"shared-keys", NULL, "let two voters have one key",
	.at = offsetof(struct registration, args.shared_keys)},
    {"alike-names", NULL, "let two voters have names that look alike",
	.at = offsetof(struct registration, alike_names)},
    {0},
};

/* What was found on the roll before a voter was put there. */
struct found {
	const evote_voter *voter;
	int there;	       /* under that very name */
	char alike[NAME_ROOM]; /* who has a name that looks like it, or "" */
	struct groups others;  /* the groups of all others */
};

static void
found_take(void *arg, const evote_voter *v)
{
	struct found *f = arg;

	if (strcmp(v->name, f->voter->name) == 0) {
		f->there = 1;
		return;
	}
	if (text_alike(v->name, f->voter->name))
		snprintf(f->alike, sizeof(f->alike), "%s", v->name);
	groups_add(&f->others, v->group);
}

/* A step.  Who is there already was let in before. */
static int
found_judge(struct client *c, const struct found *f, int alike_names)
{
	const char *name = f->voter->name;

	if (!f->there && !alike_names && f->alike[0] != '\0')
		return (say_usage(c,
		    "%s was not registered, because the name looks like %s on "
		    "the roll. If that is one person, change the entry there, "
		    "as with `rekey`; if not, --alike-names takes both",
		    name, f->alike));
	if (c->json != NULL)
		json_flag(c->json, "mixed_name", text_mixes(name));
	else if (text_mixes(name))
		say_aside("The name \"%s\" has letters of two alphabets in one "
			  "word, and may look like another name. Check it.",
		    name);
	return (-1);
}

/* A new group may be a misspelling. */
static void
group_say(struct client *c, const struct found *f)
{
	const char *group = f->voter->group;
	int is_new = groups_in(&f->others, group) == 0;
	const struct group *like = groups_like(&f->others, group);
	char ask[ENROLLED_ASK];

	enrolled_ask(&f->others, group, ask);
	if (c->json == NULL && is_new)
		say_aside("The group \"%s\" is new: nobody else on the roll is "
			  "in it%s.",
		    group, ask);
	json_flag(c->json, "new_group", is_new);
	if (like != NULL)
		json_text(c->json, "like", like->name);
}

static int
run_register(struct client *c, void *own, int argc, char **argv)
{
	struct registration *r = own;
	evote_register_args *args = &r->args;
	evote_register_res res = {0};
	char name[NAME_ROOM], group[NAME_ROOM], what[400];
	evote_voter voter = {.name = name, .group = group};
	struct found found = {.voter = &voter};
	int status;

	if ((status = cmd_name(c, "name", argv[0], name)) >= 0 ||
	    (status = cmd_name(c, "group", argv[1], group)) >= 0)
		return (status);
	if (sshkey_public(
		(unsigned char *)voter.key, argv[2], what, sizeof(what)) != 0)
		return (say_usage(c, "the key %s", what));
	status = enrolled_each(
	    c, ENROLLED_ALL, "Nobody was registered", found_take, &found);
	if (status >= 0 ||
	    (status = found_judge(c, &found, r->alike_names)) >= 0) {
		groups_clear(&found.others);
		return (status);
	}
	args->voters.voters_val = &voter;
	args->voters.voters_len = 1;
	args->skip_same = TRUE;
	c->again = ADMIN_AGAIN;
	snprintf(what, sizeof(what), "%.300s was not registered", name);
	status = key_call(c, EVOTE_REGISTER, (xdrproc_t)xdr_evote_register_args,
	    args, (xdrproc_t)xdr_evote_register_res, &res, voter.key, what);
	if (status < 0)
		group_say(c, &found);
	groups_clear(&found.others);
	if (status < 0)
		status = say_done(c,
		    res.same > 0 ? "%s was registered in the group %s, with "
				   "this key, already; nothing was changed"
				 : "%s is registered in the group %s",
		    name, group);
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
	return (status);
}

const struct command cmd_register = {
    .name = "register",
    .args = "NAME GROUP KEY",
    .help = "Puts a voter on the roll; KEY is what keygen printed, or an "
	    "ssh-ed25519 line (--admin).",
    .size = sizeof(struct registration),
    .options = register_options,
    .run = run_register,
};

/* ---- rekey ---- */

static const struct option_row rekey_options[] = {
    {"shared-keys", NULL, "let two voters have one key",
	.at = offsetof(evote_rekey_args, shared_keys)},
    {0},
};

static int
run_rekey(struct client *c, void *own, int argc, char **argv)
{
	evote_rekey_args *args = own;
	evote_rekey_res res = {0};
	char name[NAME_ROOM], what[400];
	int status;

	if ((status = cmd_name(c, "name", argv[0], name)) >= 0)
		return (status);
	if (sshkey_public(
		(unsigned char *)args->key, argv[1], what, sizeof(what)) != 0)
		return (say_usage(c, "the key %s", what));
	args->name = name;
	c->again = ADMIN_AGAIN;
	snprintf(what, sizeof(what), "The key of %.300s was not changed", name);
	status = key_call(c, EVOTE_REKEY, (xdrproc_t)xdr_evote_rekey_args, args,
	    (xdrproc_t)xdr_evote_rekey_res, &res, args->key, what);
	if (status < 0)
		status = say_done(c,
		    res.same ? "%s had this key already; nothing was changed"
			     : "%s has this key from now on, and the old one "
			       "is refused; votes already cast still count",
		    name);
	xdr_free((xdrproc_t)xdr_evote_rekey_res, &res);
	return (status);
}

const struct command cmd_rekey = {
    .name = "rekey",
    .args = "NAME KEY",
    .help = "Gives a voter another key, as register takes it (--admin). "
	    "Log-ins with the old key end at once.",
    .size = sizeof(evote_rekey_args),
    .options = rekey_options,
    .run = run_rekey,
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
