#include "client/minutes.h"

#include <string.h>

#include "client/chart.h"
#include "client/form.h"
#include "client/lib/reason.h"
#include "client/life.h"
#include "client/proved.h"
#include "client/tally.h"
#include "client/when.h"
#include "common/date.h"
#include "common/seal.h"
#include "common/text.h"

#define SIGNERS 4200
#define BAR	40 /* columns */
#define ROOM	(2 * EVOTE_TEXT_MAX + 1)

/*
 * Whether it could begin something in Markdown or HTML; *p is a part of text.
 */
static int
is_mark(const char *text, const char *p)
{
	if (strchr("\\`*_{}[]<>#+|~$^&@!:", *p) != NULL)
		return (1);
	if (p == text)
		return (*p == '-' || *p == '=');
	/* A number may begin a list. */
	return ((*p == '.' || *p == ')') &&
	    strspn(text, "0123456789") == (size_t)(p - text));
}

static const char *
plain(const char *text, char out[ROOM])
{
	char safe[EVOTE_TEXT_MAX + 1];
	const char *p;
	size_t n = 0;

	snprintf(safe, sizeof(safe), "%s", text);
	text_harmless(safe);
	for (p = safe; *p != '\0' && n + 2 < ROOM; p++) {
		if (is_mark(safe, p))
			out[n++] = '\\';
		out[n++] = *p == '\t' ? ' ' : *p;
	}
	out[n] = '\0';
	return (out);
}

static void
time_write(FILE *f, const char *what, uint64_t us)
{
	struct when w = when_of(us);

	fprintf(f, "- %s: %s, which is %s here\n", what, w.utc, w.local);
}

static void
head_write(FILE *f, const struct minutes *m)
{
	const evote_election *v = &m->show.election;
	char text[ROOM], id[33];
	u_int i;

	fprintf(
	    f, "# Minutes of the election \"%s\"\n\n", plain(v->name, text));
	seal_hex(id, m->cluster, 16);
	fprintf(f, "Held by the election service %s (cluster %s).\n",
	    plain(m->origin, text), id);
	fprintf(f, "\n## Question and choices\n\n%s\n\n", plain(v->name, text));
	for (i = 0; i < v->choices.choices_len; i++)
		fprintf(f, "%u. %s\n", i + 1,
		    plain(v->choices.choices_val[i], text));
}

static void
extensions_write(FILE *f, const evote_life_res *l)
{
	char by[ROOM], text[ROOM];
	const evote_extended *x;
	struct when from, to;
	u_int i;

	for (i = 0; i < l->extended.extended_len; i++) {
		x = &l->extended.extended_val[i];
		from = when_of(x->from);
		to = when_of(x->to);
		time_write(f, "Extended", x->at.time);
		fprintf(f, "  - by %s, from %s to %s: %s\n",
		    plain(life_by(x->by), by), from.utc, to.utc,
		    plain(x->reason, text));
	}
}

/* When it should have opened and closed, when it did, and who changed that. */
static void
life_write(FILE *f, const struct minutes *m)
{
	const evote_life_res *l = &m->life;
	char by[ROOM], text[ROOM];

	fprintf(f, "\n## Time\n\n- Created by %s\n",
	    plain(life_by(m->show.creator), by));
	if (l->start != 0) {
		time_write(f, "Created", l->created.time);
		time_write(f, "Planned start", l->start);
	}
	if (life_opened(l))
		time_write(f, "Opened", m->report.opened.time);
	time_write(f, "Planned end",
	    l->extended.extended_len > 0 ? l->extended.extended_val[0].from
					 : l->end);
	extensions_write(f, l);
	if (l->grace_s != 0)
		fprintf(f,
		    "- Grace: %u s after the end, votes were taken from those "
		    "who had logged in before it, at most an hour before they "
		    "voted\n",
		    l->grace_s);
	if (l->phase != EVOTE_PHASE_CANCELLED) {
		time_write(f, "Closed", m->report.closed.time);
		return;
	}
	time_write(f, "CANCELLED", m->report.closed.time);
	fprintf(f, "  - by %s: %s\n", plain(life_by(l->cancelled_by), by),
	    plain(l->reason, text));
}

static void
roll_write(FILE *f, const struct minutes *m)
{
	const evote_turnout *g;
	char text[ROOM];
	u_int i;

	fprintf(f,
	    "\n## Roll\n\n| Group | Could vote | Voted |\n"
	    "|---|---:|---:|\n");
	for (i = 0; i < m->turnout.groups.groups_len; i++) {
		g = &m->turnout.groups.groups_val[i];
		fprintf(f, "| %s | %llu | %llu |\n", plain(g->group, text),
		    (unsigned long long)g->eligible,
		    (unsigned long long)g->voted);
	}
	if (m->life.phase == EVOTE_PHASE_CANCELLED) {
		fprintf(f,
		    "\nThe groups are counted as they were when the election "
		    "was cancelled, or where the electorate was fixed, at the "
		    "opening.\n");
		return;
	}
	fprintf(f,
	    "\nThe groups are counted as they were at the close, or where the "
	    "electorate was fixed, at the opening. %llu voters could vote, "
	    "with those who voted and left the roll or the group later; %llu "
	    "voted (%.1f %%).\n",
	    (unsigned long long)m->result.eligible,
	    (unsigned long long)m->result.votes,
	    100 * tally_turnout(&m->result));
}

/* A line for each hour or whatever the steps are, in a block of its own. */
static void
times_write(FILE *f, const struct minutes *m)
{
	u_int i, n = m->curve.votes.votes_len;
	const uint64_t *votes = (const uint64_t *)m->curve.votes.votes_val;
	uint64_t max = 0, step;
	char bar[4 * BAR + 1];
	struct when w;

	if (n == 0)
		return;
	step = (m->curve.end - m->curve.opened) / n;
	for (i = 0; i < n; i++)
		max = votes[i] > max ? votes[i] : max;
	fprintf(f,
	    "\nVotes by time; each line begins at the time shown, and the "
	    "last one has all that came later:\n\n```\n");
	for (i = 0; i < n; i++) {
		w = when_of(m->curve.opened + i * step);
		chart_bar(bar, sizeof(bar), votes[i], max, BAR);
		fprintf(f, "%s %8llu  %s%s\n", w.utc,
		    (unsigned long long)votes[i], bar,
		    i + 1 < n ? "" : " and later");
	}
	fprintf(f, "```\n");
}

/* They are in the ledger, also of an election that was cancelled. */
static uint64_t
votes_received(const struct minutes *m)
{
	uint64_t n = 0;
	u_int i;

	for (i = 0; i < m->turnout.groups.groups_len; i++)
		n += m->turnout.groups.groups_val[i].voted;
	return (n);
}

/* Of the sentence, what comes before the hint what to do. */
static const char *
why_of(evote_reason reason, char *out, size_t size)
{
	snprintf(out, size, "%s", reason_of(reason)->sentence);
	out[strcspn(out, ";")] = '\0';
	return (out);
}

static void
votes_write(FILE *f, const struct minutes *m)
{
	const evote_refusals *r;
	char text[ROOM], why[300];
	u_int i;

	fprintf(f,
	    "\n## Votes\n\nVotes received and valid: %llu; counted: %llu. Each "
	    "was checked before it was accepted.\n",
	    (unsigned long long)votes_received(m),
	    (unsigned long long)m->result.votes);
	if (m->report.refusals.refusals_len == 0) {
		fprintf(f,
		    "\nNo request was refused and recorded in that "
		    "time.\n");
		return;
	}
	fprintf(f,
	    "\nRequests that were refused and recorded in that time, of "
	    "whichever election:\n\n| Reason | Requests |\n|---|---:|\n");
	for (i = 0; i < m->report.refusals.refusals_len; i++) {
		r = &m->report.refusals.refusals_val[i];
		fprintf(f, "| %s | %llu |\n",
		    plain(why_of(r->reason, why, sizeof(why)), text),
		    (unsigned long long)r->requests);
	}
}

/* Places and counts, of one choice or of several. */
static void
counts_write(FILE *f, const struct minutes *m)
{
	const evote_result_res *res = &m->result;
	const evote_count *c;
	u_int i, first = 0, n = tally_leaders(res, &first);
	char text[ROOM];

	fprintf(f,
	    "| Place | Choice | Votes | Share |\n"
	    "|---|---|---:|---:|\n");
	for (i = 0; i < res->counts.counts_len; i++) {
		c = &res->counts.counts_val[i];
		fprintf(f, "| %u%s | %s | %llu | %.1f %% |\n",
		    tally_rank(res, i), tally_tied(res, i) ? "=" : "",
		    plain(c->choice, text), (unsigned long long)c->votes,
		    res->votes == 0
			? 0
			: 100 * (double)c->votes / (double)res->votes);
	}
	c = &res->counts.counts_val[first];
	if (n == 0)
		fprintf(f, "\n%s.\n",
		    res->votes == 0
			? "No votes were cast"
			: "No choice has a vote: all ballots are blank");
	else if (n == 1)
		fprintf(f, "\n\"%s\" has the most votes, %llu.\n",
		    plain(c->choice, text), (unsigned long long)c->votes);
	else
		fprintf(f,
		    "\nThis is a TIE: %u choices have the most votes, %llu "
		    "each.\n",
		    n, (unsigned long long)c->votes);
}

/* A row of the table of pairs. */
static void
pairs_row(FILE *f, const struct minutes *m, u_int i)
{
	u_int j, n = m->form.choices;

	fprintf(f, "| %u |", i + 1);
	for (j = 0; j < n; j++)
		if (i == j)
			fprintf(f, " - |");
		else
			fprintf(f, " %llu |",
			    (unsigned long long)
				m->pairs.pairs.pairs_val[i * n + j]);
	fprintf(f, "\n");
}

static void
ranking_write(FILE *f, const struct minutes *m)
{
	char text[ROOM], winner[EVOTE_NAME_MAX + 80], place[24];
	u_int i, n = m->form.choices;
	uint32_t at;

	fprintf(f, "| Place | Choice |\n|---|---|\n");
	for (i = 0; i < n; i++) {
		at = ranking_place(&m->ranking, i);
		snprintf(place, sizeof(place), "%u%s", at,
		    schulze_sharing(&m->ranking.schulze, at) > 1 ? "=" : "");
		fprintf(f, "| %s | %u. %s |\n", at == 0 ? "dropped" : place,
		    i + 1, plain(m->result.counts.counts_val[i].choice, text));
	}
	ranking_winner(&m->ranking, winner, sizeof(winner));
	fprintf(f,
	    "\nBy the Schulze method, as in the Debian constitution (A.5): "
	    "%s.\n\nHow many ballots prefer the choice of the row to that of "
	    "the column:\n\n| |",
	    plain(winner, text));
	for (i = 0; i < n; i++)
		fprintf(f, " %u |", i + 1);
	fprintf(f, "\n|---|");
	for (i = 0; i < n; i++)
		fprintf(f, "---:|");
	fprintf(f, "\n");
	for (i = 0; i < n; i++)
		pairs_row(f, m, i);
}

static void
result_write(FILE *f, const struct minutes *m)
{
	char form[EVOTE_NAME_MAX + 100], text[ROOM];

	form_text(&m->form, &m->show.election, form, sizeof(form));
	fprintf(f, "\n## Result\n\nA ballot was %s.\n\n", plain(form, text));
	if (m->life.phase == EVOTE_PHASE_CANCELLED) {
		fprintf(f, "There are no counts, since it was cancelled.\n");
		return;
	}
	if (m->form.kind == BALLOT_RANKED)
		ranking_write(f, m);
	else
		counts_write(f, m);
	if (m->form.kind != BALLOT_CHOICE)
		fprintf(f, "\nBlank ballots: %llu.\n",
		    (unsigned long long)m->pairs.blank);
}

/* What the report calls the opening. */
static const char *
beginning(const struct minutes *m)
{
	return (life_opened(&m->life) ? "opened" : "created");
}

static void
service_write(FILE *f, const struct minutes *m)
{
	const evote_report_res *r = &m->report;
	const evote_tenure *t;
	char text[ROOM], span[64];
	struct when w;
	u_int i;

	fprintf(f,
	    "\n## Service\n\nHosts that served. Where another one began, the "
	    "time without any record before that is told; in a planned change "
	    "the service was not away for so long, it only had nothing to "
	    "record:\n\n");
	for (i = 0; i < r->tenures.tenures_len; i++) {
		t = &r->tenures.tenures_val[i];
		w = when_of(t->since.time);
		snprintf(
		    span, sizeof(span), "%.1f s", (double)t->silence / 1e6);
		fprintf(f, "- %s from %s on, %s%s%s\n", plain(t->name, text),
		    w.utc,
		    t->since.seq < r->opened.seq
			? "and still when the election was "
			: "after a time without records of ",
		    t->since.seq < r->opened.seq ? beginning(m) : span,
		    t->forced ? "; FORCED by an operator, who accepted that "
				"votes may be lost"
			      : "");
		if (i == 0 && r->left_out > 0)
			fprintf(
			    f, "- and %u more before these:\n", r->left_out);
	}
	if (r->tenures.tenures_len == 1)
		fprintf(f, "\nThe service did not change hosts.\n");
}

/* Whether it has the record with which the election ended. */
static const char *
reach(const struct minutes *m)
{
	int cancelled = m->life.phase == EVOTE_PHASE_CANCELLED;

	if (m->proof.size > m->report.closed.seq)
		return (cancelled ? "the cancellation among them"
				  : "the close among them");
	return (cancelled
		? "which end before the cancellation, so that it proves "
		  "nothing of that"
		: "which end before the close, so that it proves nothing of "
		  "that");
}

static void
ledger_write(FILE *f, const struct minutes *m)
{
	char who[SIGNERS], root[2 * SEAL_HASH + 1], text[ROOM];

	fprintf(f,
	    "\n## Ledger\n\nThe election was %s by record %llu and %s by "
	    "record %llu, counted from 0.\n",
	    beginning(m), (unsigned long long)m->report.opened.seq,
	    m->life.phase == EVOTE_PHASE_CANCELLED ? "cancelled" : "closed",
	    (unsigned long long)m->report.closed.seq);
	if (m->proof.text == NULL) {
		fprintf(f, "\nNo signed checkpoint could be had: %s.\n",
		    plain(m->unproved, text));
		return;
	}
	seal_hex(root, m->proof.root, sizeof(m->proof.root));
	proved_signers(m->proof.policy, &m->proof.verdict, who, sizeof(who));
	fprintf(f,
	    "\nThis checkpoint is of %llu records, %s, with the root "
	    "%s. It is signed by %s. With it, anyone can check later "
	    "whether a ledger is the one of that day.\n\n```\n%s```\n",
	    (unsigned long long)m->proof.size, reach(m), root, who,
	    m->proof.text);
}

void
minutes_write(FILE *f, const struct minutes *m)
{
	head_write(f, m);
	life_write(f, m);
	roll_write(f, m);
	times_write(f, m);
	votes_write(f, m);
	result_write(f, m);
	service_write(f, m);
	ledger_write(f, m);
}
