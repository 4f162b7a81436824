#include <stdio.h>
#include <string.h>

#include "client/commands/import.h"
#include "client/json.h"
#include "client/lib/reason.h"
#include "client/say.h"
#include "common/now.h"
#include "common/rpc/caller.h"

/*
 * A file is carried out whole or not at all.  One call does so where it can.
 * More are staged, and one more call makes them hold.  Where the service may
 * have hosts of an older version, which know no stages, voters are registered
 * page by page; each of them is checked first, and the same import again goes
 * on where one has stopped.
 */

void
import_progress(
    struct progress *p, enum clnt_stat stat, const evote_answer *answer)
{
	if (stat != RPC_SUCCESS || answer->standing != EVOTE_SERVED ||
	    answer->code != 0)
		progress_end(p);
}

static int
is_refused(enum clnt_stat stat, const evote_answer *answer)
{
	return (stat == RPC_SUCCESS && answer->standing == EVOTE_SERVED &&
	    answer->code != 0);
}

/* " (FILE, line N)" if the row is one of the file. */
static void
place_text(struct client *c, const struct import *m, uint32_t i, char *out,
    size_t size)
{
	const struct roll_place *place;

	out[0] = '\0';
	if (i >= m->n || m->places[i] == UINT32_MAX)
		return;
	place = &m->roll.places[m->places[i]];
	json_number(c->json, "line", place->line);
	json_number(c->json, "byte", place->byte);
	snprintf(out, size, " (%.200s, line %lu)", m->path, place->line);
}

/* then: a sentence after the cause and what helps against that, or "". */
static int
refusal_say(struct client *c, const struct import *m, uint32_t i,
    const evote_answer *answer, const char *what, const char *then)
{
	char where[300];

	place_text(c, m, i, where, sizeof(where));
	return (say_refused_so(c, answer, "%s%s: %s%s", what, where,
	    reason_of(answer->reason)->sentence, then));
}

static void
page_begin(struct client *c, CLIENT *client, struct import *m, uint32_t i)
{
	caller_deadline(
	    client, now_ms() + cmd_timeout_ms(c, IMPORT_TIMEOUT_MS));
	progress_at(&m->progress, i);
}

static uint32_t
page_end(uint32_t i, uint32_t n)
{
	return (n - i < EVOTE_ROLL_MAX ? n : i + EVOTE_ROLL_MAX);
}

/* ---- page by page ---- */

#define AGAIN \
	". Then run the same import again: it goes on where this one ended"

static void
registered_text(uint32_t done, char *out, size_t size)
{
	if (done == 0)
		snprintf(out, size, "Nobody was registered");
	else
		snprintf(out, size,
		    "%u voters were registered, the others were not", done);
}

static int
page_register(struct client *c, CLIENT *client, struct import *m,
    uint32_t first, uint32_t end, int only_check)
{
	evote_voter voters[EVOTE_ROLL_MAX];
	evote_register_args args = {
	    .voters = {end - first, voters},
	    .only_check = only_check,
	    .skip_same = TRUE,
	    .shared_keys = m->options.shared_keys,
	};
	evote_register_res res = {0};
	enum clnt_stat stat;
	char what[200];
	int status;

	for (uint32_t i = first; i < end; i++)
		voters[i - first] = m->rows[i].voter;
	registered_text(only_check ? 0 : first, what, sizeof(what));
	stat = evote_register_1(&args, &res, client);
	import_progress(&m->progress, stat, &res.answer);
	if (is_refused(stat, &res.answer))
		status = refusal_say(c, m, first + res.where, &res.answer, what,
		    only_check || first == 0 ? "" : AGAIN);
	else
		status =
		    admin_check(c, only_check ? ADMIN_READS : ADMIN_CHANGES,
			stat, &res.answer, what);
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
	return (status);
}

static int
register_all(struct client *c, CLIENT *client, struct import *m, int only_check)
{
	uint32_t i, end;
	int status = -1;

	progress_begin(&m->progress, c->json == NULL,
	    only_check ? "checking   " : "registering", m->n);
	for (i = 0; i < m->n && status < 0; i = end) {
		end = page_end(i, m->n);
		page_begin(c, client, m, i);
		status = page_register(c, client, m, i, end, only_check);
	}
	progress_end(&m->progress);
	return (status);
}

/* ---- all at once ---- */

#define UNCHANGED "The roll was not changed"

/* The keys of a call are compared with the roll after the calls before it. */
static uint32_t
rows_end(const struct import *m, uint32_t i)
{
	return (page_end(i, i < m->leave ? m->leave : m->n));
}

/* *early: the service has hosts, perhaps, that know no stages. */
static int
page_stage(struct client *c, CLIENT *client, struct import *m, uint32_t end,
    int *early)
{
	evote_stage_args args = {
	    .stage = m->stage,
	    .from = m->dry_run ? 0 : m->sent,
	    .roll = m->version,
	    .rows = {end - m->sent, m->rows + m->sent},
	    .only_check = m->dry_run,
	    /* Of what is only checked, the file was compared with the roll. */
	    .shared_keys = m->dry_run || m->options.shared_keys,
	};
	evote_stage_res res = {0};
	enum clnt_stat stat = evote_stage_1(&args, &res, client);
	int status;

	import_progress(&m->progress, stat, &res.answer);
	*early = stat == RPC_SUCCESS && res.answer.reason == EVOTE_R_NOT_YET;
	if (*early && m->added == m->n)
		status = -1;
	else if (is_refused(stat, &res.answer))
		status = refusal_say(
		    c, m, m->sent + res.where, &res.answer, UNCHANGED, "");
	else
		/* Nobody sees what is staged. */
		status =
		    admin_check(c, ADMIN_READS, stat, &res.answer, UNCHANGED);
	if (!m->dry_run)
		m->stage = res.stage;
	m->sent = end;
	xdr_free((xdrproc_t)xdr_evote_stage_res, &res);
	return (status);
}

static int
commit(struct client *c, CLIENT *client, struct import *m)
{
	evote_commit args = {.stage = m->stage, .rows = m->n};
	evote_answer answer = {0};
	enum clnt_stat stat;
	int status;

	page_begin(c, client, m, m->n);
	stat = evote_commit_1(&args, &answer, client);
	import_progress(&m->progress, stat, &answer);
	status = admin_check(c, ADMIN_CHANGES, stat, &answer, UNCHANGED);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
stage_all(struct client *c, CLIENT *client, struct import *m, int *early)
{
	int status = -1;

	progress_begin(&m->progress, c->json == NULL,
	    m->dry_run ? "checking   " : "staging    ", m->n);
	while (m->sent < m->n && status < 0 && !*early) {
		page_begin(c, client, m, m->sent);
		status = page_stage(c, client, m, rows_end(m, m->sent), early);
	}
	if (status < 0 && !*early && !m->dry_run)
		status = commit(c, client, m);
	progress_end(&m->progress);
	return (status);
}

int
import_send(struct client *c, CLIENT *client, struct import *m)
{
	int simple = m->added == m->n && m->n <= EVOTE_ROLL_MAX, early = 0;
	int status = -1;

	if (m->n == 0)
		return (-1);
	if (!simple)
		status = stage_all(c, client, m, &early);
	if (status >= 0 || !(simple || early))
		return (status);
	status = register_all(c, client, m, TRUE);
	if (status < 0 && !m->dry_run)
		status = register_all(c, client, m, FALSE);
	return (status);
}
