#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/lib/reason.h"
#include "client/life.h"
#include "client/minutes.h"
#include "client/proved.h"
#include "client/say.h"
#include "client/tally.h"
#include "client/when.h"
#include "common/need.h"
#include "common/output.h"

/*
 * On a page pandoc leaves less room than there is.  Signatures are longer than
 * a line, and a name without blanks may be.  Numbers are the cells that pandoc
 * gives a style; they are never broken.
 */
#define STYLE                                                               \
	"<style>body{font-family:sans-serif;font-size:10pt;max-width:none;" \
	"padding:0;overflow-wrap:anywhere;hyphens:manual}"                  \
	"pre{white-space:pre-wrap;font-size:8pt}"                           \
	"td,th{padding:0 0.8em 0 0}td[style]{white-space:nowrap}</style>"

struct form {
	int pdf;
};

static const struct option_row form_options[] = {
    {"pdf", NULL,
	"print a PDF, for which pandoc and weasyprint have to be installed",
	.at = offsetof(struct form, pdf)},
    {0},
};

/* ---- all that it takes ---- */

/* One question after the other, as long as they are answered. */
static int
minutes_ask(
    struct client *c, struct evote *e, const char *election, struct minutes *m)
{
	enum evote_outcome outcome;
	const evote_answer *answer = &m->report.answer;
	int status;

	outcome = evote_report(e, election, &m->report);
	if (outcome == EVOTE_ANSWERED && answer->code == 0) {
		outcome = evote_show(e, election, &m->show);
		answer = &m->show.answer;
	}
	if (outcome == EVOTE_ANSWERED && answer->code == 0) {
		outcome = evote_turnout_of(e, election, &m->turnout);
		answer = &m->turnout.answer;
	}
	if (outcome == EVOTE_ANSWERED && answer->code == 0) {
		outcome = evote_life(e, election, &m->life);
		answer = &m->life.answer;
	}
	if (outcome == EVOTE_ANSWERED && answer->code == 0 &&
	    m->life.phase != EVOTE_PHASE_CANCELLED) {
		outcome = evote_result(e, election, &m->result);
		answer = &m->result.answer;
	}
	if (outcome == EVOTE_ANSWERED &&
	    (status = life_refused(
		 c, e, election, answer, "There are no minutes")) >= 0)
		return (status);
	return (say_answer(
	    c, e, outcome, answer, "There are no minutes of \"%s\"", election));
}

/* What a ballot was, and what else they say. */
static int
ballots_ask(
    struct client *c, struct evote *e, const char *election, struct minutes *m)
{
	u_int choices = m->show.election.choices.choices_len;
	enum evote_outcome outcome;
	const evote_answer *answer = &m->options.answer;

	outcome = evote_options_of(e, election, &m->options);
	(void)ballot_form(&m->form, &m->options.options, choices);
	if (outcome == EVOTE_ANSWERED && answer->code == 0 &&
	    m->life.phase == EVOTE_PHASE_CANCELLED)
		return (-1);
	if (outcome == EVOTE_ANSWERED && answer->code == 0 &&
	    m->form.kind != BALLOT_CHOICE) {
		outcome = evote_pairs(e, election, &m->pairs);
		answer = &m->pairs.answer;
	}
	if (outcome != EVOTE_ANSWERED || answer->code != 0)
		return (say_answer(c, e, outcome, answer,
		    "There are no minutes of \"%s\"", election));
	if (m->form.kind == BALLOT_RANKED &&
	    ranking_count(&m->ranking, &m->form, &m->result, &m->pairs) != 0)
		return (say_problem(c,
		    "the service's answers contradict each other; tell the "
		    "operators",
		    EVOTE_FAILED, "There are no minutes of \"%s\"", election));
	return (-1);
}

/* Few elections have it, and no older service. */
static int
curve_ask(
    struct client *c, struct evote *e, const char *election, struct minutes *m)
{
	enum evote_outcome outcome = evote_curve(e, election, &m->curve);

	if (outcome != EVOTE_CHANGED)
		return (-1);
	return (say_problem(
	    c, evote_problem(e), outcome, "The service cannot be relied on"));
}

static int
proof_ask(struct client *c, struct evote *e, struct minutes *m)
{
	int status = proved_ask(c, e, &m->proof);

	if (status >= 0)
		return (status);
	m->unproved = evote_problem(e);
	m->origin = evote_origin(e);
	m->cluster = evote_cluster(e);
	return (-1);
}

static void
minutes_clear(struct minutes *m)
{
	xdr_free((xdrproc_t)xdr_evote_election_res, &m->show);
	xdr_free((xdrproc_t)xdr_evote_options_res, &m->options);
	xdr_free((xdrproc_t)xdr_evote_report_res, &m->report);
	xdr_free((xdrproc_t)xdr_evote_life_res, &m->life);
	xdr_free((xdrproc_t)xdr_evote_turnout_res, &m->turnout);
	xdr_free((xdrproc_t)xdr_evote_result_res, &m->result);
	xdr_free((xdrproc_t)xdr_evote_pairs_res, &m->pairs);
	xdr_free((xdrproc_t)xdr_evote_curve_res, &m->curve);
	evote_proof_clear(&m->proof);
}

/* ---- as a PDF ---- */

static void
pandoc(int from)
{
	dup2(from, STDIN_FILENO);
	execlp("pandoc", "pandoc", "--quiet", "--from",
	    "commonmark+pipe_tables", "--to", "pdf", "--pdf-engine",
	    "weasyprint", "--pdf-engine-opt=--quiet", "--standalone",
	    "--metadata", "pagetitle=Minutes", "--variable",
	    "header-includes=" STYLE, "--output", "-", (char *)NULL);
	_exit(127);
}

static int
is_there(const char *program)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	size_t len;

	for (; path != NULL && *path != '\0'; path += len) {
		len = strcspn(path, ":");
		snprintf(
		    file, sizeof(file), "%.*s/%s", (int)len, path, program);
		if (access(file, X_OK) == 0)
			return (1);
		len += path[len] == ':';
	}
	return (0);
}

static int
pdf_print(struct client *c, const char *text)
{
	int fd[2], status = 0;
	FILE *to;
	pid_t pid;

	output_flush();
	if (pipe(fd) != 0 || (pid = fork()) < 0)
		return (say_usage(c, "no PDF was made: %s", strerror(errno)));
	if (pid == 0) {
		close(fd[1]);
		pandoc(fd[0]);
	}
	close(fd[0]);
	to = need(fdopen(fd[1], "w"));
	fputs(text, to);
	fclose(to);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return (say_usage(c,
		    "no PDF was made: pandoc failed; without --pdf the text is "
		    "printed as Markdown"));
	return (EXIT_DONE);
}

/* Before anything is asked. */
static int
pdf_check(struct client *c)
{
	if (c->json != NULL)
		return (say_usage(c, "either --pdf or --json"));
	if (isatty(STDOUT_FILENO))
		return (say_usage(c,
		    "a PDF is not for a terminal; say where it goes, as "
		    ">minutes.pdf"));
	if (is_there("pandoc") && is_there("weasyprint"))
		return (-1);
	return (say_usage(c,
	    "no PDF can be made: install pandoc and weasyprint, or leave out "
	    "--pdf and convert the Markdown elsewhere"));
}

/* ---- for programs ---- */

static void
refusals_json(cJSON *to, const evote_report_res *r)
{
	cJSON *list = json_list(to, "refused"), *one;
	u_int i;

	for (i = 0; i < r->refusals.refusals_len; i++) {
		one = json_item(list);
		json_text(one, "reason",
		    reason_of(r->refusals.refusals_val[i].reason)->name);
		json_number(
		    one, "requests", r->refusals.refusals_val[i].requests);
	}
}

static void
served_json(cJSON *to, const evote_report_res *r)
{
	cJSON *list = json_list(to, "served"), *one;
	const evote_tenure *t;
	u_int i;

	for (i = 0; i < r->tenures.tenures_len; i++) {
		t = &r->tenures.tenures_val[i];
		one = json_item(list);
		json_text(one, "host", t->name);
		json_number(one, "epoch", t->epoch);
		when_add(one, "since", t->since.time);
		json_number(one, "silence_us", t->silence);
		json_flag(one, "forced", t->forced);
	}
}

static void
report_json(cJSON *to, const struct minutes *m)
{
	const evote_report_res *r = &m->report;

	if (life_opened(&m->life)) {
		when_add(to, "opened", r->opened.time);
		json_number(to, "opened_record", r->opened.seq);
	}
	when_add(to, "closed", r->closed.time);
	json_number(to, "closed_record", r->closed.seq);
	if (m->life.phase != EVOTE_PHASE_CANCELLED) {
		json_number(to, "votes", m->result.votes);
		json_number(to, "eligible", m->result.eligible);
	}
	life_changes_json(to, &m->life);
	if (m->life.start != 0)
		when_add(to, "start", m->life.start);
	json_number(to, "grace_s", m->life.grace_s);
	json_flag(to, "frozen",
	    ballot_option(&m->options.options, EVOTE_OPTION_FREEZE, 0) != 0);
	json_flag(to, "sheet",
	    ballot_option(&m->options.options, EVOTE_OPTION_SHEET, 0) != 0);
	refusals_json(to, r);
	served_json(to, r);
	if (m->proof.text != NULL)
		proved_json(to, m->proof.policy, &m->proof.verdict);
	say_names(to, "choices", m->show.election.choices.choices_len,
	    m->show.election.choices.choices_val);
}

/* ---- the command ---- */

static int
report(struct client *c, const char *election, const struct form *form,
    const struct minutes *m)
{
	char *text = NULL;
	size_t len;
	FILE *f = need(open_memstream(&text, &len));
	int status;

	minutes_write(f, m);
	fclose(f);
	need(text);
	report_json(c->json, m);
	say_stamp(c, &m->life.answer.stamp);
	if (form->pdf)
		status = pdf_print(c, text);
	else
		status = say_document(
		    c, "markdown", text, "The minutes of \"%s\"", election);
	free(text);
	return (status);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct form *form = own;
	struct minutes m = {0};
	char election[NAME_ROOM];
	struct evote *e;
	int status;

	if (form->pdf && (status = pdf_check(c)) >= 0)
		return (status);
	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	if ((status = minutes_ask(c, e, election, &m)) < 0 &&
	    (status = ballots_ask(c, e, election, &m)) < 0 &&
	    (status = curve_ask(c, e, election, &m)) < 0 &&
	    (status = proof_ask(c, e, &m)) < 0)
		status = report(c, election, form, &m);
	minutes_clear(&m);
	evote_close(e);
	return (status);
}

const struct command cmd_report = {
    .name = "report",
    .args = "ELECTION",
    .help = "Prints the minutes of a closed or cancelled election as "
	    "Markdown: choices, "
	    "times, roll by group, votes, refusals, result, which hosts "
	    "served, and a signed checkpoint.",
    .size = sizeof(struct form),
    .options = form_options,
    .run = run,
};
