#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands/import.h"
#include "client/commands/enrolled.h"
#include "client/json.h"
#include "client/prompt.h"
#include "client/roll/roll.h"
#include "client/say.h"
#include "common/file.h"
#include "common/need.h"

#define FILE_MAX  (256UL << 20) /* bytes */
#define UNCHANGED "The roll was not changed"

/* ---- what would change ---- */

/* Compares with the roll, page by page; how long it is nobody says before. */
static int
compare(struct client *c, CLIENT *client, struct import *m)
{
	evote_roll_args args = {.group = "", .not_voted = ""};
	evote_answer changed = {.code = 2, .reason = EVOTE_R_STAGE};
	struct progress progress;
	evote_roll_res res;
	enum clnt_stat stat;
	uint32_t first;
	u_int i;
	int status;

	progress_begin(&progress, c->json == NULL, "comparing  ", m->roll.n);
	do {
		first = args.first;
		progress_at(&progress, first);
		stat = enrolled_page(c, client, &args, &res);
		import_progress(&progress, stat, &res.answer);
		status =
		    admin_check(c, ADMIN_READS, stat, &res.answer, UNCHANGED);
		if (status < 0 && first == 0)
			m->version = res.roll;
		else if (status < 0 && res.roll != m->version)
			status = say_refused(c, &changed, UNCHANGED);
		for (i = 0; status < 0 && i < res.voters.voters_len; i++)
			diff_with(m->diff, &res.voters.voters_val[i]);
		xdr_free((xdrproc_t)xdr_evote_roll_res, &res);
	} while (status < 0 && args.first != 0);
	progress_end(&progress);
	return (status);
}

/* ---- whether that is wanted ---- */

static int
conflicts_refuse(struct client *c, const struct import *m)
{
	evote_answer answer = {.code = 1, .reason = EVOTE_R_VOTER_EXISTS};
	uint32_t shared = diff_count(m->diff, CHANGE_SHARED);
	uint32_t others = diff_count(m->diff, CHANGE_GROUP | CHANGE_KEY);
	uint32_t alike = diff_count(m->diff, CHANGE_ALIKE);
	const char *where = c->json != NULL ? "see `changes`" : "marked !";

	if (alike > 0)
		return (say_usage(c,
		    "The roll was not changed, because %u of %u voters (%s) "
		    "have a name that looks like another one on the roll. If "
		    "that is one person, write the name as the roll has it, or "
		    "take the other one off; if not, --alike-names takes both",
		    alike, m->roll.n, where));
	if (!m->update && others > 0)
		return (say_refused_so(c, &answer,
		    "Nobody was registered: %u of %u voters (%s) are on the "
		    "roll with another group or key, or with somebody else's "
		    "key. Correct the file, or add --update to change groups "
		    "and keys",
		    others + shared, m->roll.n, where));
	answer.code = 2;
	answer.reason = EVOTE_R_SHARED_KEY;
	if (shared > 0)
		return (say_refused(c, &answer,
		    "The roll was not changed, because of %u of %u voters "
		    "(%s)",
		    shared, m->roll.n, where));
	return (-1);
}

static int
removal_ask(struct client *c, const struct import *m)
{
	uint32_t n = m->diff->not_in_file, all = m->diff->on_roll;
	char question[80];

	if (m->yes)
		return (-1);
	/* Who is asked must see the list, which is the output. */
	if (!prompt_can(c) || !isatty(STDOUT_FILENO))
		return (say_usage(c,
		    "Nothing was changed. %u of %u voters would be taken off "
		    "the roll; add --yes if that is right",
		    n, all));
	snprintf(question, sizeof(question),
	    "Take %u of %u voters off the roll", n, all);
	return (
	    prompt_yes(question) ? -1 : say_usage(c, "Nothing was changed"));
}

/* A file that was cut short looks as if most voters had left. */
static int
removal_check(struct client *c, const struct import *m)
{
	uint32_t n = m->diff->not_in_file, all = m->diff->on_roll;

	if (!m->remove || n == 0)
		return (-1);
	if (n == all && !(m->everybody && m->yes))
		return (say_usage(c,
		    "Nothing was changed, because nobody on the roll is in "
		    "the file: all %u would be taken off. Check the file; if "
		    "that is right, add --everybody --yes",
		    all));
	if (n > all / 2 && c->json == NULL)
		say_aside("Warning: more than half of the roll, %u of %u "
			  "voters, are not in the file.",
		    n, all);
	return (m->dry_run ? -1 : removal_ask(c, m));
}

/* ---- all of it ---- */

static void
row_add(struct import *m, evote_voter v, int leaves, uint32_t place)
{
	m->places[m->n] = place;
	m->rows[m->n++] = (evote_row){.voter = v, .leaves = leaves};
}

/*
 * A row that is not there yet, behind that of whoever gives up the key for it,
 * and so on.  *chain has room for all rows, and *made is what is there.
 */
static void
chain_add(struct import *m, uint32_t i, uint32_t *chain, char *made)
{
	uint32_t n = 0;

	for (; i != DIFF_NONE && !made[i]; i = diff_giver(m->diff, i)) {
		made[i] = 1;
		chain[n++] = i;
	}
	while (n-- > 0)
		row_add(m, m->roll.voters[chain[n]], FALSE, chain[n]);
}

/*
 * The keys of a call are compared with the roll after it: so those that change
 * hands come first, and voters who swap keys are in one call unless there are
 * hundreds of them.
 */
static void
changes_make(struct import *m)
{
	const struct diff *d = m->diff;
	uint32_t *chain = need_zeroed((size_t)m->roll.n + 1, sizeof(*chain));
	char *made = need_zeroed((size_t)m->roll.n + 1, 1);
	uint32_t i;

	for (i = 0; i < m->roll.n; i++)
		if (diff_giver(d, i) != DIFF_NONE)
			chain_add(m, i, chain, made);
	for (i = 0; i < m->roll.n; i++)
		if (diff_of(d, i) != CHANGE_NONE)
			chain_add(m, i, chain, made);
	free(chain);
	free(made);
}

static void
rows_make(struct import *m)
{
	const struct diff *d = m->diff;
	size_t n = (size_t)m->roll.n + (m->remove ? d->not_in_file : 0) + 1;
	uint32_t i;

	m->rows = need_zeroed(n, sizeof(*m->rows));
	m->places = need_zeroed(n, sizeof(*m->places));
	for (i = 0; m->remove && i < d->not_in_file; i++)
		row_add(m,
		    (evote_voter){.name = d->missing[i].name,
			.group = d->missing[i].group},
		    TRUE, UINT32_MAX);
	m->leave = m->n;
	changes_make(m);
	m->added = diff_count(d, CHANGE_ADD);
	m->changed = m->n - m->leave - m->added;
}

static int
import_say(struct client *c, const struct import *m)
{
	const char *be = m->dry_run ? " would be"
	    : m->added == 1	    ? " was"
				    : " were";
	uint32_t same = m->roll.n - m->added - m->changed;
	char more[100] = "";

	json_number(c->json, "added", m->added);
	json_number(c->json, "changed", m->changed);
	json_number(c->json, "removed", m->leave);
	json_number(c->json, "same", same);
	if (m->update || m->remove)
		snprintf(more, sizeof(more),
		    ", %u changed, %u taken off the "
		    "roll",
		    m->changed, m->leave);
	return (say_done(c,
	    "%u voter%s%s registered%s; %u %s already on the roll, unchanged%s",
	    m->added, m->added == 1 ? "" : "s", be, more, same,
	    same == 1 ? "was" : "were",
	    m->dry_run ? "; nothing was changed" : ""));
}

#define FAULTS_SHOWN 50

struct faulty {
	struct client *c;
	uint32_t n;
	char first[800];
};

/* Each in a line, so that one look at the file is enough. */
static void
fault_say(void *arg, const char *why)
{
	struct faulty *f = arg;
	cJSON *list;

	if (++f->n > FAULTS_SHOWN)
		return;
	if (f->c->json == NULL) {
		/* Nothing before the second: one alone ends the command. */
		if (f->n == 1)
			snprintf(f->first, sizeof(f->first), "%s", why);
		if (f->n == 2)
			say_line(f->c, "%s", f->first);
		if (f->n > 1)
			say_line(f->c, "%s", why);
		return;
	}
	if ((list = cJSON_GetObjectItem(f->c->json, "faults")) == NULL)
		list = json_list(f->c->json, "faults");
	json_item_text(list, why);
}

/* Titles alone are most likely not the file that was meant. */
static int
voters_read(struct client *c, struct import *m)
{
	struct faulty f = {.c = c};
	char err[800];
	size_t len;

	m->text = file_read(m->path, FILE_MAX, &len);
	if (m->text == NULL || len == FILE_MAX)
		return (say_usage(c, "%s: %s", m->path,
		    m->text == NULL ? strerror(errno) : "too large"));
	m->options.fault = fault_say;
	m->options.arg = &f;
	if (roll_read(&m->roll, &m->options, m->text, len, err, sizeof(err)) !=
	    0) {
		if (f.n > FAULTS_SHOWN)
			say_line(c, "and %u more", f.n - FAULTS_SHOWN);
		return (say_usage(
		    c, "Nobody was registered: %s, %s", m->path, err));
	}
	if (m->roll.n == 0 && !m->remove)
		return (say_usage(c,
		    "Nobody was registered: %s names no voter below its titles",
		    m->path));
	return (-1);
}

/*
 * Every row is checked here and by the service, and what was shown is what is
 * done, or nothing: see import_send.c.
 */
static int
import(struct client *c, struct import *m)
{
	CLIENT *client;
	int status;

	if ((status = voters_read(c, m)) >= 0)
		return (status);
	m->diff = diff_new(&m->roll, &m->options, m->remove);
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	status = compare(c, client, m);
	if (status < 0) {
		import_say_changes(c, m);
		import_say_mixed(c, m);
		import_say_groups(c, m);
	}
	if (status < 0 && (status = conflicts_refuse(c, m)) < 0 &&
	    (status = removal_check(c, m)) < 0) {
		rows_make(m);
		status = import_send(c, client, m);
	}
	clnt_destroy(client);
	return (status < 0 ? import_say(c, m) : status);
}

static const struct option_row import_options[] = {
    {"dry-run", NULL, "only tell what would change",
	.at = offsetof(struct import, dry_run)},
    {"update", NULL, "change groups and keys to what the file has",
	.at = offsetof(struct import, update)},
    {"remove-missing", NULL, "take voters off the roll who are not in the file",
	.at = offsetof(struct import, remove)},
    {"yes", NULL, "do so without asking", .at = offsetof(struct import, yes)},
    {"everybody", NULL, "even if nobody on the roll is in the file",
	.at = offsetof(struct import, everybody)},
    {"shared-keys", NULL, "let two voters have one key",
	.at = offsetof(struct import, options.shared_keys)},
    {"alike-names", NULL, "let two voters have names that look alike",
	.at = offsetof(struct import, options.alike_names)},
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
	c->again = "Run the same import again: it does what is left to do";
	status = import(c, m);
	free(m->rows);
	free(m->places);
	diff_free(m->diff);
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
