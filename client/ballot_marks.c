#include "client/ballot_marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/text.h"

static evote_reason
fault(struct ballot_marks *m, evote_reason reason, const char *what, size_t len)
{
	if (len > EVOTE_NAME_MAX)
		len = EVOTE_NAME_MAX;
	memcpy(m->what, what, len);
	m->what[len] = '\0';
	return (reason);
}

static evote_reason
mark(struct ballot_marks *m, u_int i, unsigned char rank)
{
	const char *name = m->election->choices.choices_val[i];

	if (m->ranks[i] != 0)
		return (fault(m, EVOTE_R_CHOSEN_TWICE, name, strlen(name)));
	m->ranks[i] = rank;
	return (EVOTE_R_OK);
}

static evote_reason
mark_name(struct ballot_marks *m, const char *given, unsigned char rank)
{
	char name[EVOTE_NAME_MAX + 1], why[200];
	u_int i;

	if (text_tidy(name, EVOTE_NAME_MAX, given, why, sizeof(why)) != 0)
		return (fault(m, EVOTE_R_NO_CHOICE, given, strlen(given)));
	for (i = 0; i < m->election->choices.choices_len; i++)
		if (strcmp(m->election->choices.choices_val[i], name) == 0)
			return (mark(m, i, rank));
	return (fault(m, EVOTE_R_NO_CHOICE, name, strlen(name)));
}

evote_reason
ballot_marks_pick(struct ballot_marks *m, const char *name)
{
	return (mark_name(m, name, 1));
}

/* ---- rankings ---- */

/* A quoted name; where it ends, or NULL: its last mark is missing. */
static const char *
quoted_read(const char *p, char *out)
{
	for (p++; *p != '"' || p[1] == '"'; p++) {
		if (*p == '\0')
			return (NULL);
		p += *p == '"';
		*out++ = *p;
	}
	*out = '\0';
	p++;
	return (p + strspn(p, " "));
}

static const char *
plain_read(const char *p, char *out)
{
	size_t len = strcspn(p, ">=");

	memcpy(out, p, len);
	out[len] = '\0';
	return (p + len);
}

evote_reason
ballot_marks_ranking(struct ballot_marks *m, const char *text)
{
	size_t len = strlen(text);
	unsigned char rank = 1;
	char *name = need(malloc(len + 1));
	const char *p = text;
	evote_reason reason = EVOTE_R_OK;

	while (reason == EVOTE_R_OK) {
		p += strspn(p, " ");
		p = *p == '"' ? quoted_read(p, name) : plain_read(p, name);
		if (p == NULL || (*p != '>' && *p != '=' && *p != '\0'))
			reason = fault(m, EVOTE_R_MALFORMED, text, len);
		else
			reason = mark_name(m, name, rank);
		if (reason != EVOTE_R_OK || *p == '\0')
			break;
		rank += *p++ == '>';
	}
	free(name);
	return (reason);
}

/* ---- numbers ---- */

/* How the next number stands to the one before, and where it begins. */
static const char *
between_read(const char *p, int *tied)
{
	size_t len = strspn(p, " ,>=\t");

	*tied = memchr(p, '=', len) != NULL;
	return (p + len);
}

evote_reason
ballot_marks_numbers(struct ballot_marks *m, const char *text, int ranked)
{
	u_int n = m->election->choices.choices_len;
	evote_reason reason = EVOTE_R_OK;
	unsigned char rank = 1;
	const char *p = text + strspn(text, " \t");
	unsigned long i;
	char *end;
	int tied;

	while (reason == EVOTE_R_OK && *p != '\0') {
		i = strtoul(p, &end, 10);
		if (end == p || *p == '-' || *p == '+')
			return (
			    fault(m, EVOTE_R_MALFORMED, text, strlen(text)));
		if (i < 1 || i > n)
			return (
			    fault(m, EVOTE_R_NO_CHOICE, p, (size_t)(end - p)));
		reason = mark(m, (u_int)i - 1, rank);
		p = between_read(end, &tied);
		rank += ranked && !tied;
	}
	return (reason);
}

/* ---- back ---- */

/* As ballot_marks_ranking reads it. */
static void
quoted(const char *name, char out[2 * EVOTE_NAME_MAX + 3])
{
	*out++ = '"';
	for (; *name != '\0'; name++) {
		if (*name == '"')
			*out++ = '"';
		*out++ = *name;
	}
	*out++ = '"';
	*out = '\0';
}

/* A name that could be taken for two stands in quotation marks. */
static const char *
shown(const char *name, const char *between, char out[2 * EVOTE_NAME_MAX + 3])
{
	if (name[0] != '"' && strpbrk(name, between) == NULL)
		return (name);
	quoted(name, out);
	return (out);
}

void
ballot_marks_text(
    const struct ballot_marks *m, int ranked, char *out, size_t size)
{
	u_int n = m->election->choices.choices_len, i, marked = 0;
	char own[2 * EVOTE_NAME_MAX + 3];
	unsigned rank, last = 0;
	const char *name;

	out[0] = '\0';
	for (i = 0; i < n; i++)
		marked += m->ranks[i] != 0;
	for (rank = 1; rank <= n; rank++)
		for (i = 0; i < n; i++)
			if (m->ranks[i] == rank) {
				name = m->election->choices.choices_val[i];
				if (ranked || marked > 1)
					name = shown(
					    name, ranked ? ">=" : ",", own);
				text_join(out, size,
				    !ranked	       ? ", "
					: rank == last ? " = "
						       : " > ",
				    name);
				last = rank;
			}
}
