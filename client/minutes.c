#include "client/minutes.h"

#include <string.h>

#include "client/chart.h"
#include "client/lib/reason.h"
#include "client/life.h"
#include "client/minutes_plain.h"
#include "client/minutes_result.h"
#include "client/proved.h"
#include "client/tally.h"
#include "client/when.h"
#include "common/date.h"
#include "common/seal.h"

#define SIGNERS 4200
#define BAR	40 /* columns */

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
	char text[MINUTES_ROOM], id[33];
	u_int i;

	fprintf(f, "# Minutes of the election \"%s\"\n\n",
	    minutes_plain(v->name, text));
	seal_hex(id, m->cluster, 16);
	fprintf(f, "Held by the election service %s (cluster %s).\n",
	    minutes_plain(m->origin, text), id);
	fprintf(f, "\n## Question and choices\n\n%s\n\n",
	    minutes_plain(v->name, text));
	for (i = 0; i < v->choices.choices_len; i++)
		fprintf(f, "%u. %s\n", i + 1,
		    minutes_plain(v->choices.choices_val[i], text));
}

static void
extensions_write(FILE *f, const evote_life_res *l)
{
	char by[MINUTES_ROOM], text[MINUTES_ROOM];
	const evote_extended *x;
	struct when from, to;
	u_int i;

	for (i = 0; i < l->extended.extended_len; i++) {
		x = &l->extended.extended_val[i];
		from = when_of(x->from);
		to = when_of(x->to);
		time_write(f, "Extended", x->at.time);
		fprintf(f, "  - by %s, from %s to %s: %s\n",
		    minutes_plain(life_by(x->by), by), from.utc, to.utc,
		    minutes_plain(x->reason, text));
	}
}

/* When it should have opened and closed, when it did, and who changed that. */
static void
life_write(FILE *f, const struct minutes *m)
{
	const evote_life_res *l = &m->life;
	char by[MINUTES_ROOM], text[MINUTES_ROOM];

	fprintf(f, "\n## Time\n\n- Created by %s\n",
	    minutes_plain(life_by(m->show.creator), by));
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
	fprintf(f, "  - by %s: %s\n",
	    minutes_plain(life_by(l->cancelled_by), by),
	    minutes_plain(l->reason, text));
}

/* Whether later changes of the roll did not count. */
static int
is_fixed(const struct minutes *m)
{
	return (
	    ballot_option(&m->options.options, EVOTE_OPTION_FREEZE, 0) != 0 &&
	    life_opened(&m->life));
}

/* The groups, as they were then; a result counts who left them, too. */
static void
groups_write(FILE *f, const struct minutes *m, const char *when)
{
	const evote_turnout *g;
	char text[MINUTES_ROOM];
	u_int i;

	fprintf(f,
	    "\n## Roll\n\n| Group | Could vote, %s | Voted |\n"
	    "|---|---:|---:|\n",
	    when);
	for (i = 0; i < m->turnout.groups.groups_len; i++) {
		g = &m->turnout.groups.groups_val[i];
		fprintf(f, "| %s | %llu | %llu |\n",
		    minutes_plain(g->group, text),
		    (unsigned long long)g->eligible,
		    (unsigned long long)g->voted);
	}
}

static void
roll_write(FILE *f, const struct minutes *m)
{
	int cancelled = m->life.phase == EVOTE_PHASE_CANCELLED;
	int fixed = is_fixed(m);

	groups_write(f, m,
	    fixed	    ? "fixed at the opening"
		: cancelled ? "as at the cancellation"
			    : "as at the close");
	fprintf(f, "\n%s",
	    fixed ? "Who could vote was fixed at the opening, and what was "
		    "changed on the roll later did not count."
		  : "Who could vote was not fixed at the opening: what was "
		    "changed on the roll later did count.");
	if (!cancelled)
		fprintf(f, " %llu voter%s could vote%s; %llu voted (%.1f %%).",
		    (unsigned long long)m->result.eligible,
		    m->result.eligible == 1 ? "" : "s",
		    fixed ? ""
			  : ", with those who voted and left the roll or the "
			    "group later",
		    (unsigned long long)m->result.votes,
		    100 * tally_turnout(&m->result));
	fprintf(f, "\n");
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
	char text[MINUTES_ROOM], why[300];
	u_int i;

	fprintf(f,
	    "\n## Votes\n\nVotes received and valid: %llu; counted: %llu. Each "
	    "was checked before it was accepted.\n",
	    (unsigned long long)votes_received(m),
	    (unsigned long long)m->result.votes);
	if (ballot_option(&m->options.options, EVOTE_OPTION_SHEET, 0) != 0)
		fprintf(f,
		    "\nThere %s a tally sheet, of trackers and choices, which "
		    "anybody gets.\n",
		    m->life.phase == EVOTE_PHASE_CANCELLED ? "was to be"
							   : "is");
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
		    minutes_plain(why_of(r->reason, why, sizeof(why)), text),
		    (unsigned long long)r->requests);
	}
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
	char text[MINUTES_ROOM], span[64];
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
		fprintf(f, "- %s from %s on, %s%s%s\n",
		    minutes_plain(t->name, text), w.utc,
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
	char who[SIGNERS], root[2 * SEAL_HASH + 1], text[MINUTES_ROOM];

	fprintf(f,
	    "\n## Ledger\n\nThe election was %s by record %llu and %s by "
	    "record %llu, counted from 0.\n",
	    beginning(m), (unsigned long long)m->report.opened.seq,
	    m->life.phase == EVOTE_PHASE_CANCELLED ? "cancelled" : "closed",
	    (unsigned long long)m->report.closed.seq);
	if (m->proof.text == NULL) {
		fprintf(f, "\nNo signed checkpoint could be had: %s.\n",
		    minutes_plain(m->unproved, text));
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
	minutes_result(f, m);
	service_write(f, m);
	ledger_write(f, m);
}
