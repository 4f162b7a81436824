#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/roll/diff.h"
#include "client/roll/roll.h"
#include "client/say.h"
#include "common/now.h"
#include "common/progress.h"
#include "common/rpc/caller.h"

#define FILE_MAX   (256UL << 20) /* bytes */
#define TIMEOUT_MS 30000

struct import {
	const char *path;
	int dry_run;
	struct roll_options options;
	char *text;
	struct roll roll;
	struct progress progress;
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
		    "%u voters were registered, the others were not. Run the "
		    "same import again to continue",
		    m->added);
}

/* A bar must not stand where a sentence about a failure will. */
static void
progress_judge(
    struct progress *p, enum clnt_stat stat, const evote_answer *answer)
{
	if (stat != RPC_SUCCESS || answer->standing != EVOTE_SERVED ||
	    answer->code != 0)
		progress_end(p);
}

static int
chunk_send(struct client *c, CLIENT *client, struct import *m, uint32_t first,
    uint32_t n, int only_check)
{
	evote_register_args args = {
	    .voters = {n, m->roll.voters + first},
	    .only_check = only_check,
	    .skip_same = TRUE,
	    .shared_keys = m->options.shared_keys,
	};
	evote_register_res res = {0};
	enum clnt_stat stat;
	char what[200];
	int status;

	progress_text(m, only_check, what, sizeof(what));
	stat = evote_register_1(&args, &res, client);
	progress_judge(&m->progress, stat, &res.answer);
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
	uint32_t i, n;
	int status = -1;

	m->added = m->same = 0;
	progress_begin(&m->progress, c->json == NULL,
	    only_check ? "checking   " : "registering", m->roll.n);
	for (i = 0; i < m->roll.n && status < 0; i += n) {
		n = m->roll.n - i < EVOTE_ROLL_MAX ? m->roll.n - i
						   : EVOTE_ROLL_MAX;
		caller_deadline(
		    client, now_ms() + cmd_timeout_ms(c, TIMEOUT_MS));
		progress_at(&m->progress, i);
		status = chunk_send(c, client, m, i, n, only_check);
	}
	progress_end(&m->progress);
	return (status);
}

/* ---- what would change ---- */

/* Compares with the roll, page by page; how long it is nobody says before. */
static int
diff_fill(struct client *c, CLIENT *client, struct diff *d, evote_stamp *stamp)
{
	evote_voters_args args = {0};
	struct progress progress;
	evote_voters_res res;
	enum clnt_stat stat;
	int status;

	progress_begin(&progress, c->json == NULL, "comparing  ", d->roll->n);
	do {
		memset(&res, 0, sizeof(res));
		caller_deadline(
		    client, now_ms() + cmd_timeout_ms(c, TIMEOUT_MS));
		progress_at(&progress, args.first);
		stat = evote_voters_1(&args, &res, client);
		progress_judge(&progress, stat, &res.answer);
		status = admin_check(
		    c, stat, &res.answer, "What would change is not known");
		for (u_int i = 0; status < 0 && i < res.voters.voters_len; i++)
			diff_with(d, &res.voters.voters_val[i]);
		*stamp = res.answer.stamp;
		args.first = res.next > args.first ? res.next : 0;
		xdr_free((xdrproc_t)xdr_evote_voters_res, &res);
	} while (status < 0 && args.first != 0);
	progress_end(&progress);
	return (status);
}

static void
change_say(struct client *c, cJSON *list, const evote_voter *v, enum change how,
    const char *holder)
{
	static const char *const names[] = {
	    [CHANGE_NONE] = "none",
	    [CHANGE_ADD] = "add",
	    [CHANGE_GROUP] = "group",
	    [CHANGE_KEY] = "key",
	    [CHANGE_GROUP | CHANGE_KEY] = "group and key",
	    [CHANGE_SHARED] = "shared key",
	};
	cJSON *object;

	if (how == CHANGE_NONE)
		return;
	if (how == CHANGE_ADD)
		say_line(c, "+ %s (%s)", v->name, v->group);
	else if (how == CHANGE_SHARED)
		say_line(c, "! %s (%s): %s is on the roll with the same key",
		    v->name, v->group, holder);
	else
		say_line(c, "! %s (%s): on the roll with another %s", v->name,
		    v->group, names[how]);
	if (list == NULL)
		return;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "name", v->name);
	cJSON_AddStringToObject(object, "group", v->group);
	cJSON_AddStringToObject(object, "change", names[how]);
	if (how == CHANGE_SHARED)
		cJSON_AddStringToObject(object, "holder", holder);
	cJSON_AddItemToArray(list, object);
}

/* The lines; *others: how many of the file the roll has otherwise. */
static void
changes_say(struct client *c, const struct import *m, const struct diff *d,
    uint32_t *others)
{
	cJSON *list = NULL;
	enum change how;
	uint32_t i;

	if (c->json != NULL) {
		list = cJSON_AddArrayToObject(c->json, "changes");
		cJSON_AddNumberToObject(
		    c->json, "not_in_file", (double)d->not_in_file);
	}
	*others = 0;
	for (i = 0; i < m->roll.n; i++) {
		how = diff_of(d, i);
		*others += (how & ~(unsigned)CHANGE_ADD) != 0;
		change_say(c, list, &m->roll.voters[i], how, diff_holder(d, i));
	}
	if (d->not_in_file > 0)
		say_line(c, "%u on the roll are not in the file. They stay",
		    d->not_in_file);
}

static int
changes_tell(struct client *c, CLIENT *client, const struct import *m)
{
	evote_answer answer = {.code = 1, .reason = EVOTE_R_VOTER_EXISTS};
	uint32_t others = 0;
	struct diff *d;
	int status;

	if ((d = diff_new(&m->roll, m->options.shared_keys)) == NULL)
		return (say_usage(c, "no memory"));
	status = diff_fill(c, client, d, &answer.stamp);
	if (status < 0)
		changes_say(c, m, d, &others);
	if (status < 0 && others > 0)
		status = say_refused(c, &answer,
		    "Nobody would be registered, because of %u of %u voters "
		    "(marked !); unregister them first, or correct the file; "
		    "--shared-keys lets two voters have one key",
		    others, m->roll.n);
	diff_free(d);
	return (status);
}

/* ---- all of it ---- */

static int
import_say(struct client *c, const struct import *m)
{
	if (c->json != NULL) {
		cJSON_AddNumberToObject(c->json, "added", m->added);
		cJSON_AddNumberToObject(c->json, "same", m->same);
	}
	return (say_done(c,
	    "%u voter%s %s registered; %u %s already on the roll, unchanged%s",
	    m->added, m->added == 1 ? "" : "s",
	    m->dry_run		? "would be"
		: m->added == 1 ? "was"
				: "were",
	    m->same, m->same == 1 ? "was" : "were",
	    m->dry_run ? "; nothing was changed" : ""));
}

/*
 * Every row is checked here and by the service before the first is registered.
 * The service takes EVOTE_ROLL_MAX at a time, all or none of them; if it stops
 * between two such pages, the same import again goes on from there.
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
	if (roll_read(&m->roll, &m->options, m->text, len, err, sizeof(err)) !=
	    0)
		return (say_usage(
		    c, "Nobody was registered: %s, %s", m->path, err));
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	if (m->dry_run)
		status = changes_tell(c, client, m);
	if (status < 0)
		status = roll_send(c, client, m, TRUE);
	if (status < 0 && !m->dry_run)
		status = roll_send(c, client, m, FALSE);
	clnt_destroy(client);
	return (status < 0 ? import_say(c, m) : status);
}

static const struct option_row import_options[] = {
    {"dry-run", NULL, "only tell what would change",
	.at = offsetof(struct import, dry_run)},
    {"shared-keys", NULL, "let two voters have one key",
	.at = offsetof(struct import, options.shared_keys)},
    {"name-column", "T", "the title of the column with the names",
	.at = offsetof(struct import, options.name)},
    {"group-column", "T", "with the groups",
	.at = offsetof(struct import, options.group)},
    {"key-column", "T", "with the public keys",
	.at = offsetof(struct import, options.key)},
    {0},
};

static int
run_import(struct client *c, void *own, int argc, char **argv)
{
	struct import *m = own;
	int status;

	m->path = argv[0];
	status = import(c, m);
	roll_clear(&m->roll);
	free(m->text);
	return (status);
}

const struct command cmd_import = {
    .name = "import",
    .args = "FILE",
    .help = "Puts all voters of a file on the roll (--admin). Its first row "
	    "names the columns: name, group, public key, or the titles given.",
    .size = sizeof(struct import),
    .options = import_options,
    .run = run_import,
};
