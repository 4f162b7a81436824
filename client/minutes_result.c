#include "client/minutes_result.h"

#include "client/form.h"
#include "client/minutes_plain.h"
#include "client/tally.h"

/* Places and counts, of one choice or of several. */
static void
counts_write(FILE *f, const struct minutes *m)
{
	char text[MINUTES_ROOM], winner[TALLY_TEXT], place[TALLY_LABEL];
	const evote_result_res *res = &m->result;
	const evote_count *c;
	u_int i;

	fprintf(f,
	    "| Place | Choice | Votes | Share |\n"
	    "|---:|---|---:|---:|\n");
	for (i = 0; i < res->counts.counts_len; i++) {
		c = &res->counts.counts_val[i];
		tally_label(res, i, place);
		fprintf(f, "| %s | %s | %llu | %.1f %% |\n", place,
		    minutes_plain(c->choice, text),
		    (unsigned long long)c->votes,
		    res->votes == 0
			? 0
			: 100 * (double)c->votes / (double)res->votes);
	}
	tally_winner(res, m->form.kind == BALLOT_PICK, winner, sizeof(winner));
	fprintf(
	    f, "\nBy the number of votes: %s.\n", minutes_plain(winner, text));
}

/* Of its columns, those from the first one to before the last one. */
static void
block_write(FILE *f, const struct ranking *r, enum ranking_table table,
    u_int first, u_int last)
{
	char cell[RANKING_CELL];
	u_int i, j;

	fprintf(f, "\n| |");
	for (j = first; j < last; j++)
		fprintf(f, " %u |", j + 1);
	fprintf(f, "\n|---:|");
	for (j = first; j < last; j++)
		fprintf(f, "---:|");
	fprintf(f, "\n");
	for (i = 0; i < r->form->choices; i++) {
		fprintf(f, "| %u |", i + 1);
		for (j = first; j < last; j++) {
			ranking_cell(r, table, i, j, cell);
			fprintf(f, " %s |", cell);
		}
		fprintf(f, "\n");
	}
}

/* Beside each other as many columns as a page has room for. */
static void
table_write(FILE *f, const struct ranking *r, enum ranking_table table,
    const char *title)
{
	u_int i, n = r->form->choices, room = ranking_columns(r, table);

	fprintf(f, "\n%s:\n", title);
	for (i = 0; i < n; i += room)
		block_write(f, r, table, i, i + room < n ? i + room : n);
}

static void
ranking_write(FILE *f, const struct minutes *m)
{
	char text[MINUTES_ROOM], winner[EVOTE_NAME_MAX + 80];
	char place[RANKING_LABEL];
	u_int i, n = m->form.choices;

	fprintf(f, "| Place | Choice |\n|---:|---|\n");
	for (i = 0; i < n; i++) {
		ranking_label(&m->ranking, i, place);
		fprintf(f, "| %s | %u. %s |\n",
		    ranking_place(&m->ranking, i) == 0 ? "dropped" : place,
		    i + 1,
		    minutes_plain(m->result.counts.counts_val[i].choice, text));
	}
	ranking_winner(&m->ranking, winner, sizeof(winner));
	fprintf(f,
	    "\nBy the Schulze method, as in the Debian constitution (A.5): "
	    "%s.\n",
	    minutes_plain(winner, text));
	table_write(f, &m->ranking, RANKING_PAIRS,
	    "How many ballots prefer the choice of the row to that of the "
	    "column");
	table_write(f, &m->ranking, RANKING_PATHS,
	    "The strongest path of defeats from the choice of the row to that "
	    "of the column, as votes:opposing of its weakest defeat");
}

void
minutes_result(FILE *f, const struct minutes *m)
{
	char form[EVOTE_NAME_MAX + 100], text[MINUTES_ROOM];

	form_text(&m->form, &m->show.election, form, sizeof(form));
	fprintf(f, "\n## Result\n\nA ballot was %s.\n\n",
	    minutes_plain(form, text));
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
