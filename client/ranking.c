#include "client/ranking.h"

#include <stdio.h>
#include <string.h>

#include "client/json.h"
#include "client/say.h"
#include "client/tally.h"
#include "common/text.h"

#define LINE   79 /* columns of a terminal, or so many digits of a page */
#define MARGIN 4  /* of these, before a row */
#define NARROW 5  /* a cell at least: what stands above it */

int
ranking_count(struct ranking *r, const struct ballot_form *form,
    const evote_result_res *result, const evote_pairs_res *pairs)
{
	uint32_t n = form->choices;

	*r = (struct ranking){.form = form, .result = result, .pairs = pairs};
	if (result->counts.counts_len != n || pairs->pairs.pairs_len != n * n)
		return (-1);
	schulze_count(&r->schulze, pairs->pairs.pairs_val, n, form->none);
	return (0);
}

uint32_t
ranking_place(const struct ranking *r, u_int choice)
{
	return (r->schulze.places[choice]);
}

void
ranking_label(const struct ranking *r, u_int choice, char out[RANKING_LABEL])
{
	uint32_t place = ranking_place(r, choice);

	if (place == 0)
		snprintf(out, RANKING_LABEL, "-");
	else
		snprintf(out, RANKING_LABEL, "%u%s", place,
		    schulze_sharing(&r->schulze, place) > 1 ? "=" : "");
}

uint32_t
ranking_leaders(const struct ranking *r)
{
	return (r->result->votes > r->pairs->blank
		? schulze_sharing(&r->schulze, 1)
		: 0);
}

static const char *
name_of(const struct ranking *r, u_int i)
{
	return (r->result->counts.counts_val[i].choice);
}

void
ranking_winner(const struct ranking *r, char *out, size_t size)
{
	uint32_t n = ranking_leaders(r);
	u_int i = 0;

	while (i + 1 < r->form->choices && ranking_place(r, i) != 1)
		i++;
	if (n == 0)
		snprintf(out, size, "%s", tally_nobody(r->result));
	else if (n > 1)
		snprintf(
		    out, size, "a TIE, %u choices share the first place", n);
	else if (i == r->form->none)
		snprintf(out, size, "\"%s\", the default option, has won",
		    name_of(r, i));
	else
		snprintf(out, size, "\"%s\" has won", name_of(r, i));
}

/* ---- the tables ---- */

static uint64_t
pair_of(const struct ranking *r, u_int i, u_int j)
{
	return (r->pairs->pairs.pairs_val[i * r->form->choices + j]);
}

static struct schulze_path
path_of(const struct ranking *r, u_int i, u_int j)
{
	return (r->schulze.paths[i * r->form->choices + j]);
}

void
ranking_cell(const struct ranking *r, enum ranking_table table, u_int row,
    u_int column, char out[RANKING_CELL])
{
	struct schulze_path path = path_of(r, row, column);

	if (row == column || (table == RANKING_PATHS && path.votes == 0))
		snprintf(out, RANKING_CELL, "-");
	else if (table == RANKING_PAIRS)
		snprintf(out, RANKING_CELL, "%llu",
		    (unsigned long long)pair_of(r, row, column));
	else
		snprintf(out, RANKING_CELL, "%llu:%llu",
		    (unsigned long long)path.votes,
		    (unsigned long long)path.opposing);
}

/* Of the widest cell, with the mark after it. */
static int
cell_width(const struct ranking *r, enum ranking_table table)
{
	u_int i, j, n = r->form->choices;
	char text[RANKING_CELL];
	int width = NARROW, len;

	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			ranking_cell(r, table, i, j, text);
			len = (int)strlen(text) + 1;
			width = len > width ? len : width;
		}
	return (width);
}

u_int
ranking_columns(const struct ranking *r, enum ranking_table table)
{
	return ((u_int)((LINE - MARGIN) / (cell_width(r, table) + 1)));
}

/* A defeat has a mark. */
static const char *
mark_of(
    const struct ranking *r, enum ranking_table table, u_int row, u_int column)
{
	return (table == RANKING_PAIRS && row != column &&
		    pair_of(r, row, column) > pair_of(r, column, row)
		? "*"
		: " ");
}

/* Of its columns, those from the first one to before the last one. */
static void
block_lines(struct client *c, const struct ranking *r, enum ranking_table table,
    u_int first, u_int last)
{
	int width = cell_width(r, table);
	char line[LINE + 1], text[RANKING_CELL + 2];
	u_int row, i, n = r->form->choices;

	snprintf(line, sizeof(line), "%*s", MARGIN, "");
	for (i = first; i < last; i++) {
		snprintf(text, sizeof(text), "%*s[%2u] ", width - 4, "", i + 1);
		text_join(line, sizeof(line), "", text);
	}
	say_line(c, "%s", line);
	for (row = 0; row < n; row++) {
		snprintf(line, sizeof(line), "[%2u]", row + 1);
		for (i = first; i < last; i++) {
			char cell[RANKING_CELL];

			ranking_cell(r, table, row, i, cell);
			snprintf(text, sizeof(text), " %*s%s", width - 1, cell,
			    mark_of(r, table, row, i));
			text_join(line, sizeof(line), "", text);
		}
		say_line(c, "%s", line);
	}
}

static void
table_lines(struct client *c, const struct ranking *r, const char *title,
    enum ranking_table table)
{
	u_int i, n = r->form->choices, room = ranking_columns(r, table);

	say_line(c, "%s", "");
	say_line(c, "%s", title);
	for (i = 0; i < n; i += room)
		block_lines(c, r, table, i, i + room < n ? i + room : n);
}

/* ---- for people ---- */

static const char *
remark(const struct ranking *r, u_int i)
{
	if (i == r->form->none)
		return ("  (default option)");
	return (ranking_place(r, i) == 0
		? "  (dropped: does not defeat the default option)"
		: "");
}

static void
place_line(struct client *c, const struct ranking *r, u_int i, int columns)
{
	char name[SAY_PADDED], text[RANKING_LABEL];

	say_pad(name, sizeof(name), name_of(r, i), columns);
	ranking_label(r, i, text);
	say_line(c, "%-4s [%2u] %s %10llu%s", text, i + 1, name,
	    (unsigned long long)r->result->counts.counts_val[i].votes,
	    remark(r, i));
}

void
ranking_lines(struct client *c, const struct ranking *r)
{
	u_int i, place, n = r->form->choices;
	int columns = 6;

	for (i = 0; i < n; i++)
		say_widen(&columns, name_of(r, i));
	say_line(c, "Places, and on how many ballots each is first:");
	for (place = 1; place <= n + 1; place++)
		for (i = 0; i < n; i++)
			if (ranking_place(r, i) == place % (n + 1))
				place_line(c, r, i, columns);
	table_lines(c, r,
	    "Pairs: how many ballots prefer the row's choice to the column's "
	    "(* a defeat)",
	    RANKING_PAIRS);
	table_lines(c, r,
	    "The strongest path of defeats from the row's choice to the "
	    "column's: votes:opposing of its weakest defeat",
	    RANKING_PATHS);
	say_line(c, "%s", "");
}

/* ---- for programs ---- */

void
ranking_json(cJSON *object, const struct ranking *r)
{
	cJSON *pairs = json_list(object, "pairs");
	cJSON *paths = json_list(object, "paths");
	cJSON *row, *ends, *path;
	u_int i, j, n = r->form->choices;

	for (i = 0; i < n; i++) {
		row = json_item_list(pairs);
		ends = json_item_list(paths);
		for (j = 0; j < n; j++) {
			json_item_number(row, pair_of(r, i, j));
			path = json_item_list(ends);
			json_item_number(path, path_of(r, i, j).votes);
			json_item_number(path, path_of(r, i, j).opposing);
		}
	}
}
