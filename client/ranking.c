#include "client/ranking.h"

#include <stdio.h>
#include <string.h>

#include "client/say.h"

#define LINE (SAY_PADDED + SCHULZE_MAX * 24)

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

uint32_t
ranking_leaders(const struct ranking *r)
{
	return (r->result->votes > 0 ? schulze_sharing(&r->schulze, 1) : 0);
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
		snprintf(out, size, "no votes were cast");
	else if (n > 1)
		snprintf(
		    out, size, "a TIE, %u choices share the first place", n);
	else if (i == r->form->none)
		snprintf(out, size, "\"%s\", the default option, has won",
		    name_of(r, i));
	else
		snprintf(out, size, "\"%s\" has won", name_of(r, i));
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
	uint32_t place = ranking_place(r, i);
	char name[SAY_PADDED], text[24];

	say_pad(name, sizeof(name), name_of(r, i), columns);
	snprintf(text, sizeof(text), "%u%s", place,
	    schulze_sharing(&r->schulze, place) > 1 ? "=" : "");
	say_line(c, "%-4s [%2u] %s %10llu%s", place == 0 ? "-" : text, i + 1,
	    name, (unsigned long long)r->result->counts.counts_val[i].votes,
	    remark(r, i));
}

/* A row of numbers of the choices, or of what is for each of them. */
static void
row_line(struct client *c, const struct ranking *r, u_int row,
    void (*cell)(const struct ranking *, u_int, u_int, char *, size_t))
{
	char line[LINE], text[48];
	u_int i;

	snprintf(line, sizeof(line), "[%2u]", row + 1);
	for (i = 0; i < r->form->choices; i++) {
		size_t len = strlen(line);

		cell(r, row, i, text, sizeof(text));
		snprintf(line + len, sizeof(line) - len, " %9s", text);
	}
	say_line(c, "%s", line);
}

static void
table_lines(struct client *c, const struct ranking *r, const char *title,
    void (*cell)(const struct ranking *, u_int, u_int, char *, size_t))
{
	char line[LINE];
	u_int i;

	say_line(c, "%s", "");
	say_line(c, "%s", title);
	snprintf(line, sizeof(line), "    ");
	for (i = 0; i < r->form->choices; i++) {
		size_t len = strlen(line);

		snprintf(line + len, sizeof(line) - len, "      [%2u]", i + 1);
	}
	say_line(c, "%s", line);
	for (i = 0; i < r->form->choices; i++)
		row_line(c, r, i, cell);
}

static uint64_t
pair_of(const struct ranking *r, u_int i, u_int j)
{
	return (r->pairs->pairs.pairs_val[i * r->form->choices + j]);
}

static void
pair_cell(const struct ranking *r, u_int i, u_int j, char *out, size_t size)
{
	if (i == j)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%llu%s",
		    (unsigned long long)pair_of(r, i, j),
		    pair_of(r, i, j) > pair_of(r, j, i) ? "*" : " ");
}

static struct schulze_path
path_of(const struct ranking *r, u_int i, u_int j)
{
	return (r->schulze.paths[i * r->form->choices + j]);
}

static void
path_cell(const struct ranking *r, u_int i, u_int j, char *out, size_t size)
{
	struct schulze_path path = path_of(r, i, j);

	if (path.votes == 0)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%llu:%llu", (unsigned long long)path.votes,
		    (unsigned long long)path.opposing);
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
	    pair_cell);
	table_lines(c, r,
	    "The strongest path of defeats from the row's choice to the "
	    "column's: votes:opposing of its weakest defeat",
	    path_cell);
	say_line(c, "%s", "");
}

/* ---- for programs ---- */

void
ranking_json(cJSON *object, const struct ranking *r)
{
	cJSON *pairs, *paths, *row, *ends, *path;
	u_int i, j, n = r->form->choices;

	if (object == NULL)
		return;
	pairs = cJSON_AddArrayToObject(object, "pairs");
	paths = cJSON_AddArrayToObject(object, "paths");
	for (i = 0; i < n; i++) {
		cJSON_AddItemToArray(pairs, row = cJSON_CreateArray());
		cJSON_AddItemToArray(paths, ends = cJSON_CreateArray());
		for (j = 0; j < n; j++) {
			cJSON_AddItemToArray(
			    row, cJSON_CreateNumber((double)pair_of(r, i, j)));
			cJSON_AddItemToArray(ends, path = cJSON_CreateArray());
			cJSON_AddItemToArray(path,
			    cJSON_CreateNumber((double)path_of(r, i, j).votes));
			cJSON_AddItemToArray(path,
			    cJSON_CreateNumber(
				(double)path_of(r, i, j).opposing));
		}
	}
}
