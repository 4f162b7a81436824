#include "client/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/json.h"
#include "client/say.h"
#include "common/number.h"

/* ---- what is given ---- */

static const char *
plural(uint32_t n)
{
	return (n == 1 ? "" : "s");
}

static void
option_add(evote_options *to, evote_option_kind kind, uint64_t value)
{
	to->evote_options_val[to->evote_options_len++] =
	    (evote_option){.kind = kind, .value = value};
}

/* "2-3", or "3" for just so many. */
static int
pick_parse(const char *text, uint64_t *least, uint64_t *most)
{
	size_t len = strcspn(text, "-");
	char first[16];

	snprintf(first, sizeof(first), "%.*s", (int)len, text);
	return (len < sizeof(first) &&
		    number_read(first, 0, EVOTE_CHOICES_MAX, least) == 0 &&
		    number_read(text[len] == '-' ? text + len + 1 : first, 0,
			EVOTE_CHOICES_MAX, most) == 0
		? 0
		: -1);
}

static int
pick_take(struct client *c, const char *text, evote_terms *terms)
{
	unsigned n = terms->election.choices.choices_len;
	uint64_t least, most;

	if (pick_parse(text, &least, &most) != 0)
		return (say_usage(c,
		    "--pick: write how many choices a ballot may have, as in "
		    "2-3, or 0-3 to allow a blank ballot"));
	if (least > most || most == 0 || most > n)
		return (say_usage(c,
		    "--pick: %s does not fit %u choice%s; the first number is "
		    "at most the second one, and that is at least 1 and at "
		    "most %u",
		    text, n, plural(n), n));
	option_add(&terms->options, EVOTE_OPTION_PICK_MIN, least);
	option_add(&terms->options, EVOTE_OPTION_PICK_MAX, most);
	return (-1);
}

static int
ranked_take(struct client *c, const char *given, evote_terms *terms)
{
	const evote_election *v = &terms->election;
	char none[NAME_ROOM];
	u_int i, n = v->choices.choices_len;
	int status;

	option_add(&terms->options, EVOTE_OPTION_RANKED, 1);
	if (given == NULL)
		return (-1);
	if ((status = cmd_name(c, "default option's name", given, none)) >= 0)
		return (status);
	for (i = 0; i < n; i++)
		if (strcmp(v->choices.choices_val[i], none) == 0)
			break;
	if (i == n)
		return (say_usage(c,
		    "--none-choice: \"%s\" is not one of the choices; give it "
		    "with --choice as well",
		    none));
	if (n < 2)
		return (say_usage(c,
		    "--none-choice: there is no choice beside it; give more "
		    "with --choice"));
	option_add(&terms->options, EVOTE_OPTION_NONE_CHOICE, i + 1);
	return (-1);
}

int
form_take(struct client *c, const struct form_given *given, evote_terms *terms)
{
	if (given->pick != NULL && given->ranked)
		return (say_usage(c, "either --pick or --ranked"));
	if (given->none != NULL && !given->ranked)
		return (say_usage(c, "--none-choice goes with --ranked"));
	if (given->pick != NULL)
		return (pick_take(c, given->pick, terms));
	return (given->ranked ? ranked_take(c, given->none, terms) : -1);
}

/* ---- what the service says ---- */

enum evote_outcome
form_fetch(struct evote *e, const char *election, u_int choices,
    struct ballot_form *form, evote_answer *answer)
{
	evote_options_res res;
	enum evote_outcome outcome = evote_options_of(e, election, &res);

	memset(answer, 0, sizeof(*answer));
	(void)ballot_form(form, &res.options, choices);
	answer->stamp = res.answer.stamp;
	answer->standing = res.answer.standing;
	answer->code = res.answer.code;
	answer->reason = res.answer.reason;
	xdr_free((xdrproc_t)xdr_evote_options_res, &res);
	return (outcome);
}

/* ---- what people and programs read ---- */

void
form_text(const struct ballot_form *f, const evote_election *v, char *out,
    size_t size)
{
	uint32_t least = f->least > 0 ? f->least : 1;
	const char *blank = f->least > 0 ? "" : ", or blank";

	if (f->kind == BALLOT_CHOICE)
		snprintf(out, size, "one choice");
	else if (f->kind == BALLOT_PICK && least == f->most)
		snprintf(out, size, "%u choice%s%s", f->most, plural(f->most),
		    blank);
	else if (f->kind == BALLOT_PICK)
		snprintf(out, size, "%u to %u choice%s%s", least, f->most,
		    plural(f->most), blank);
	else if (f->none == f->choices)
		snprintf(out, size, "a ranking of any number of choices");
	else
		snprintf(out, size,
		    "a ranking of any number of choices; \"%s\" is the "
		    "default option",
		    v->choices.choices_val[f->none]);
}

void
form_json(cJSON *object, const struct ballot_form *f, const evote_election *v)
{
	static const char *const kinds[] = {
	    [BALLOT_CHOICE] = "choice",
	    [BALLOT_PICK] = "pick",
	    [BALLOT_RANKED] = "ranked",
	};
	cJSON *to = json_object(object, "ballot");

	json_text(to, "kind", kinds[f->kind]);
	if (f->kind == BALLOT_PICK) {
		json_number(to, "least", f->least);
		json_number(to, "most", f->most);
	}
	if (f->kind == BALLOT_RANKED && f->none < f->choices)
		json_text(to, "default", v->choices.choices_val[f->none]);
}
