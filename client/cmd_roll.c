#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caller.h"
#include "cmd.h"
#include "roll.h"
#include "say.h"
#include "seal.h"
#include "sshkey.h"

#define KEY_TEXT (4 * ((SEAL_KEY + 2) / 3) + 1)
#define FILE_MAX (256UL << 20) /* bytes */

/* ---- register ---- */

static int
run_register(struct client *c, int argc, char **argv)
{
	evote_register_res res = {0};
	evote_register_args args = {0};
	enum clnt_stat stat;
	evote_voter voter;
	CLIENT *client;
	char what[400];
	int status;

	if ((status = cmd_args(c, &cmd_register, argc, argv, 3, 3)) >= 0)
		return (status);
	voter.name = argv[optind];
	voter.group = argv[optind + 1];
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
    "NAME GROUP KEY",
    "Puts a voter on the roll; KEY is what keygen printed, or an ssh-ed25519 "
    "line (--admin).",
    run_register,
};

/* ---- import ---- */

struct import {
	const char *path;
	int dry_run;
	struct roll_titles titles;
	char *text;
	struct roll roll;
	uint32_t added, same;
};

/* One spare byte is left at the end. */
static int
file_load(struct client *c, const char *path, char **out, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL, *more;
	size_t size = 0, n = 0;

	while (f != NULL && n == size && size < FILE_MAX) {
		size = size == 0 ? 65536 : size * 2;
		if ((more = realloc(text, size + 1)) == NULL)
			break;
		text = more;
		n += fread(text + n, 1, size - n, f);
	}
	if (f == NULL || ferror(f) || n == size) {
		say_usage(c, "%s: %s", path,
		    f == NULL || ferror(f) ? strerror(errno) : "too large");
		free(text);
		if (f != NULL)
			fclose(f);
		return (EXIT_USAGE);
	}
	fclose(f);
	*out = text;
	*len = n;
	return (-1);
}

static int
refusal_say(struct client *c, const struct import *m, uint32_t first,
    const evote_register_res *res, const char *what)
{
	uint32_t i = first + res->where;
	char where[300];

	if (res->where >= EVOTE_ROLL_MAX || i >= m->roll.n)
		return (say_refused(c, &res->answer, "%s", what));
	if (c->json != NULL) {
		cJSON_AddNumberToObject(
		    c->json, "line", (double)m->roll.places[i].line);
		cJSON_AddNumberToObject(
		    c->json, "byte", (double)m->roll.places[i].byte);
	}
	snprintf(where, sizeof(where), "%.200s, line %lu, byte %zu", m->path,
	    m->roll.places[i].line, m->roll.places[i].byte);
	return (say_refused(c, &res->answer, "%s (%s)", what, where));
}

static void
progress_text(const struct import *m, int only_check, char *out, size_t size)
{
	if (only_check || m->added == 0)
		snprintf(out, size, "Nobody was registered");
	else
		snprintf(out, size,
		    "%u voters were registered, the rest not; run the same "
		    "import again to go on",
		    m->added);
}

static int
chunk_send(struct client *c, CLIENT *client, struct import *m, uint32_t first,
    uint32_t n, int only_check)
{
	evote_register_args args = {
	    .voters = {n, m->roll.voters + first},
	    .only_check = only_check,
	    .skip_same = TRUE,
	};
	evote_register_res res = {0};
	enum clnt_stat stat;
	char what[200];
	int status;

	progress_text(m, only_check, what, sizeof(what));
	stat = evote_register_1(&args, &res, client);
	if (stat == RPC_SUCCESS && res.answer.standing == EVOTE_SERVED &&
	    res.answer.code != 0)
		status = refusal_say(c, m, first, &res, what);
	else
		status = admin_check(c, stat, &res.answer, what);
	if (status < 0) {
		m->added += res.added;
		m->same += res.same;
	}
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
	return (status);
}

/* The whole roll in chunks; counts anew. */
static int
roll_send(struct client *c, CLIENT *client, struct import *m, int only_check)
{
	uint64_t ms =
	    c->options.timeout_ms != 0 ? c->options.timeout_ms : 30000;
	uint32_t i, n;
	int status = -1;

	m->added = m->same = 0;
	for (i = 0; i < m->roll.n && status < 0; i += n) {
		n = m->roll.n - i < EVOTE_ROLL_MAX ? m->roll.n - i
						   : EVOTE_ROLL_MAX;
		caller_deadline(client, caller_now_ms() + ms);
		status = chunk_send(c, client, m, i, n, only_check);
	}
	return (status);
}

static int
import_say(struct client *c, const struct import *m)
{
	if (c->json != NULL) {
		cJSON_AddNumberToObject(c->json, "added", m->added);
		cJSON_AddNumberToObject(c->json, "same", m->same);
	}
	return (say_done(c,
	    m->dry_run ? "%u voters would be registered, %u are on the roll "
			 "just so; nothing was changed"
		       : "%u voters were registered, %u were on the roll "
			 "just so",
	    m->added, m->same));
}

/*
 * All or nothing: every row is checked here and by the service before the
 * first is registered.
 */
static int
import(struct client *c, struct import *m)
{
	CLIENT *client;
	char err[600];
	size_t len;
	int status;

	if ((status = file_load(c, m->path, &m->text, &len)) >= 0)
		return (status);
	if (roll_read(&m->roll, &m->titles, m->text, len, err, sizeof(err)) !=
	    0)
		return (say_usage(
		    c, "Nobody was registered: %s, %s", m->path, err));
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	status = roll_send(c, client, m, TRUE);
	if (status < 0 && !m->dry_run)
		status = roll_send(c, client, m, FALSE);
	clnt_destroy(client);
	return (status < 0 ? import_say(c, m) : status);
}

static int
run_import(struct client *c, int argc, char **argv)
{
	static const struct option options[] = {
	    {"dry-run", no_argument, NULL, 'n'},
	    {"name-column", required_argument, NULL, 'N'},
	    {"group-column", required_argument, NULL, 'G'},
	    {"key-column", required_argument, NULL, 'K'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct import m = {0};
	int ch, status;

	while ((ch = getopt_long(argc, argv, "nh", options, NULL)) != -1)
		switch (ch) {
		case 'n':
			m.dry_run = 1;
			break;
		case 'N':
			m.titles.name = optarg;
			break;
		case 'G':
			m.titles.group = optarg;
			break;
		case 'K':
			m.titles.key = optarg;
			break;
		case 'h':
			return (cmd_help(&cmd_import));
		default:
			return (cmd_usage(c, &cmd_import));
		}
	if ((status = cmd_count(c, &cmd_import, argc, 1, 1)) >= 0)
		return (status);
	m.path = argv[optind];
	status = import(c, &m);
	roll_clear(&m.roll);
	free(m.text);
	return (status);
}

const struct command cmd_import = {
    "import",
    "FILE.csv [--dry-run] [--name-column T] [--group-column T] "
    "[--key-column T]",
    "Puts all voters of a file on the roll, or none (--admin).  Its first row "
    "names the\n      columns: name, group, public key, or the titles given; "
    "--dry-run only tells\n      what would change.",
    run_import,
};

/* ---- unregister ---- */

static int
run_unregister(struct client *c, int argc, char **argv)
{
	evote_answer answer = {0};
	enum clnt_stat stat;
	CLIENT *client;
	evote_name name;
	char what[400];
	int status;

	if ((status = cmd_args(c, &cmd_unregister, argc, argv, 1, 1)) >= 0)
		return (status);
	name = argv[optind];
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

/* ---- voters
 * -----------------------------------------------------------------------------
 */

static void
voter_say(struct client *c, cJSON *list, const evote_voter *v)
{
	cJSON *object;
	char key[KEY_TEXT];

	seal_base64(key, v->key, sizeof(v->key));
	say_line(c, "%s\t%s\t%s", v->name, v->group, key);
	if (list == NULL)
		return;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "name", v->name);
	cJSON_AddStringToObject(object, "group", v->group);
	cJSON_AddStringToObject(object, "key", key);
	cJSON_AddItemToArray(list, object);
}

static int
page_say(
    struct client *c, CLIENT *client, cJSON *list, u_int *next, u_int *count)
{
	evote_voters_args args = {*next};
	evote_voters_res res = {0};
	enum clnt_stat stat = evote_voters_1(&args, &res, client);
	int status;
	u_int i;

	status =
	    admin_check(c, stat, &res.answer, "The roll was not shown whole");
	for (i = 0; status < 0 && i < res.voters.voters_len; i++)
		voter_say(c, list, &res.voters.voters_val[i]);
	*count += i;
	*next = res.next > *next ? res.next : 0;
	xdr_free((xdrproc_t)xdr_evote_voters_res, &res);
	return (status);
}

static int
run_voters(struct client *c, int argc, char **argv)
{
	u_int next = 0, count = 0;
	cJSON *list = NULL;
	CLIENT *client;
	int status;

	if ((status = cmd_args(c, &cmd_voters, argc, argv, 0, 0)) >= 0 ||
	    (status = admin_open(c, &client)) >= 0)
		return (status);
	if (c->json != NULL)
		list = cJSON_AddArrayToObject(c->json, "voters");
	do
		status = page_say(c, client, list, &next, &count);
	while (status < 0 && next != 0);
	if (status < 0)
		status =
		    say_done(c, "%u voter%s", count, count == 1 ? "" : "s");
	clnt_destroy(client);
	return (status);
}

const struct command cmd_voters = {
    "voters",
    "",
    "Shows the roll: name, group, key (--admin).",
    run_voters,
};
