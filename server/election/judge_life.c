/* An election's life: who may open one, extend it, cancel it, and when. */
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/record.h"
#include "common/seal.h"
#include "common/text.h"
#include "server/election/election_impl.h"
#include "server/election/settings.h"
#include "server/election/terms.h"

#define SPAN_MAX (EVOTE_SPAN_S * 1000000ULL)

static int
by_text(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}

/* Whether two are the same, or do not differ enough for people to see. */
static int
names_repeat(const evote_name *names, uint32_t n, int alike)
{
	char **forms = need_zeroed(n + 1, sizeof(*forms));
	int found = 0;

	for (uint32_t i = 0; i < n; i++)
		forms[i] = alike ? text_fold(names[i]) : need_copy(names[i]);
	qsort(forms, n, sizeof(*forms), by_text);
	for (uint32_t i = 1; i < n; i++)
		found |= strcmp(forms[i - 1], forms[i]) == 0;
	while (n > 0)
		free(forms[--n]);
	free(forms);
	return (found);
}

/* What a state refuses.  Operators' orders are recorded when carried out. */
static void
refuse(const struct op *op, struct verdict *v, int code, evote_reason reason)
{
	if (op->by_operator)
		verdict_answer(v, code, reason);
	else
		verdict_record(v, code, reason);
}

/*
 * Operators' orders have no numbers.  One that got no answer is given again,
 * and then it is answered as it was carried out, without a record.
 */
static void
repeated(struct verdict *v)
{
	verdict_answer(v, 0, EVOTE_R_OK);
}

/* ---- what the clock asks ---- */

/* START and CLOSE. */
void
judge_due(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	const struct poll *p = v->poll = poll_find(&e->polls, op->name);
	int start = op->kind == EVOTE_OP_START;

	if (p == NULL)
		verdict_answer(v, 2, EVOTE_R_NO_ELECTION);
	else if (poll_is_over(p))
		verdict_answer(v, 2, EVOTE_R_CLOSED);
	else if (start != (p->phase == EVOTE_PHASE_PLANNED) ||
	    (start ? poll_start(p) : poll_last(p)) > time)
		verdict_answer(v, 2, start ? EVOTE_R_START : EVOTE_R_ONGOING);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

/* ---- to open one ---- */

/* Of CREATE and OPEN. */
static const evote_election *
op_about(const struct op *op)
{
	return (op->kind == EVOTE_OP_OPEN ? &op->act.evote_act_u.terms.election
					  : &op->act.evote_act_u.election);
}

/* Whether there is an election with such options. */
static int
options_valid(const struct op *op)
{
	const evote_options *options = op->kind == EVOTE_OP_OPEN
	    ? &op->act.evote_act_u.terms.options
	    : NULL;
	struct ballot_form form;

	return (options == NULL ||
	    ((terms_fit(options) ||
		 (op->by_operator && options->evote_options_len == 0)) &&
		ballot_form(
		    &form, options, op_about(op)->choices.choices_len) == 0));
}

/* Whether it is one that some state could grant; else it is answered. */
static int
create_sound(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	const evote_election *about = op_about(op);
	const evote_name *groups = about->groups.groups_val;
	const evote_name *choices = about->choices.choices_val;
	uint32_t n_groups = about->groups.groups_len;
	uint32_t n_choices = about->choices.choices_len;

	if (op->kind == EVOTE_OP_OPEN && !keys_some(&e->keys))
		verdict_answer(v, 3, EVOTE_R_NOT_YET);
	else if (n_groups == 0)
		verdict_answer(v, 2, EVOTE_R_NO_GROUPS);
	else if (n_choices == 0)
		verdict_answer(v, 2, EVOTE_R_NO_CHOICES);
	else if (!names_valid(op, &about->name, 1) ||
	    !names_valid(op, groups, n_groups) ||
	    !names_valid(op, choices, n_choices) || !options_valid(op))
		verdict_answer(v, 3, EVOTE_R_MALFORMED);
	else if (names_repeat(groups, n_groups, 0) ||
	    names_repeat(choices, n_choices, !op->admitted))
		verdict_answer(v, 3, EVOTE_R_DUPLICATE);
	else
		return (1);
	return (0);
}

static uint64_t
op_start(const struct op *op)
{
	return (op->kind == EVOTE_OP_OPEN
		? terms_value(
		      &op->act.evote_act_u.terms.options, EVOTE_OPTION_START)
		: 0);
}

/* Whether that order opened it; it may have been extended since. */
static int
create_is_repeated(const struct poll *p, const struct op *op)
{
	evote_terms own = {.election = p->about, .options = p->options};
	unsigned char a[SEAL_HASH], b[SEAL_HASH];

	if (!op->by_operator || op->kind != EVOTE_OP_OPEN ||
	    p->creator != NULL || poll_is_over(p))
		return (0);
	if (p->n_extended > 0)
		own.election.end = p->extended[0].from;
	return (xdr_hash((xdrproc_t)xdr_evote_terms, &own, a) == 0 &&
	    xdr_hash((xdrproc_t)xdr_evote_terms, &op->act.evote_act_u.terms,
		b) == 0 &&
	    memcmp(a, b, sizeof(a)) == 0);
}

static void
judge_create(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	const evote_election *about = op_about(op);
	const struct poll *p = poll_find(&e->polls, about->name);
	uint64_t start = op_start(op);

	if (!create_sound(e, op, v))
		return;
	if (!op->by_operator && !settings_admit(&e->settings, v->voter))
		refuse(op, v, 3, EVOTE_R_MAY_NOT_CREATE);
	else if (p != NULL && create_is_repeated(p, op))
		repeated(v);
	else if (p != NULL)
		refuse(op, v, 3, EVOTE_R_NAME_TAKEN);
	else if (about->end <= time)
		refuse(op, v, 3, EVOTE_R_END_PAST);
	else if (about->end - time > SPAN_MAX)
		refuse(op, v, 3, EVOTE_R_END_FAR);
	else if (start != 0 && (start <= time || start >= about->end))
		refuse(op, v, 3, EVOTE_R_START);
	else if (!op->by_operator &&
	    !voter_may_create(v->voter, about, time, e->settings.quota))
		verdict_answer(v, 3, EVOTE_R_QUOTA);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

/* ---- to change one ---- */

static int
cancel_is_repeated(const struct poll *p, const struct op *op)
{
	return (op->by_operator && op->kind == EVOTE_OP_CANCEL &&
	    p->phase == EVOTE_PHASE_CANCELLED && p->cancelled_by == NULL &&
	    strcmp(p->cancelled_for, op->act.evote_act_u.cancellation.reason) ==
		0);
}

/*
 * Finds the election that is to be extended or cancelled: 1, or 0 with what
 * that is answered with.
 */
static int
change_sound(const struct election_state *e, const struct op *op,
    const char *name, const char *reason, struct verdict *v)
{
	int (*fits)(const char *, size_t) =
	    op->admitted ? text_is_line : text_is_name;
	const struct poll *p = v->poll = poll_find(&e->polls, name);

	if (!keys_some(&e->keys))
		verdict_answer(v, 3, EVOTE_R_NOT_YET);
	else if (!fits(reason, EVOTE_TEXT_MAX) ||
	    !names_valid(op, (const evote_name *)&name, 1))
		verdict_answer(v, 3, EVOTE_R_MALFORMED);
	else if (p == NULL)
		refuse(op, v, 2, EVOTE_R_NO_ELECTION);
	else if (cancel_is_repeated(p, op))
		repeated(v);
	else if (p->phase == EVOTE_PHASE_CANCELLED)
		refuse(op, v, 2, EVOTE_R_CANCELLED);
	else if (p->phase == EVOTE_PHASE_CLOSED)
		refuse(op, v, 2, EVOTE_R_CLOSED);
	else if (!op->by_operator && p->creator != v->voter)
		refuse(op, v, 3, EVOTE_R_NOT_CREATOR);
	else
		return (1);
	return (0);
}

static int
extend_is_repeated(const struct poll *p, const struct op *op)
{
	const evote_extension *x = &op->act.evote_act_u.extension;
	const struct extension *last;

	if (!op->by_operator || p->n_extended == 0)
		return (0);
	last = &p->extended[p->n_extended - 1];
	return (last->by == NULL && p->about.end == x->end &&
	    strcmp(last->reason, x->reason) == 0);
}

static void
judge_extend(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	const evote_extension *x = &op->act.evote_act_u.extension;
	const struct poll *p;

	if (!change_sound(e, op, x->election, x->reason, v))
		return;
	p = v->poll;
	if (extend_is_repeated(p, op))
		repeated(v);
	else if (p->about.end <= time)
		refuse(op, v, 2, EVOTE_R_CLOSED);
	else if (x->end <= p->about.end)
		refuse(op, v, 3, EVOTE_R_NOT_LATER);
	else if (x->end - time > SPAN_MAX)
		refuse(op, v, 3, EVOTE_R_END_FAR);
	else if (p->n_extended == EVOTE_EXTENSIONS_MAX)
		refuse(op, v, 3, EVOTE_R_EXTENSIONS);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

static void
judge_cancel(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	const evote_cancellation *x = &op->act.evote_act_u.cancellation;

	if (!change_sound(e, op, x->election, x->reason, v))
		return;
	if (!op->by_operator && v->poll->votes > 0)
		refuse(op, v, 3, EVOTE_R_HAS_VOTES);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

void
judge_life(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	if (op->kind == EVOTE_OP_EXTEND)
		judge_extend(e, op, time, v);
	else if (op->kind == EVOTE_OP_CANCEL)
		judge_cancel(e, op, v);
	else
		judge_create(e, op, time, v);
}

/* ---- settings ---- */

static int
settings_sound(const struct op *op, const evote_settings *s)
{
	const evote_name *groups = s->groups.groups_val;
	uint32_t n = s->groups.groups_len;

	return ((uint32_t)s->creators < EVOTE_CREATORS_NR &&
	    (s->creators == EVOTE_BY_GROUPS) == (n > 0) &&
	    s->quota <= EVOTE_QUOTA_MAX && names_valid(op, groups, n));
}

void
judge_settings(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	evote_settings *s = &v->settings;

	*s = op->settings;
	if (!op->set_creators) {
		s->creators = e->settings.creators;
		s->groups.groups_len = e->settings.groups.groups_len;
		s->groups.groups_val = e->settings.groups.groups_val;
	}
	if (!op->set_quota)
		s->quota = e->settings.quota;
	if (!keys_some(&e->keys))
		verdict_answer(v, 2, EVOTE_R_NOT_YET);
	else if (!settings_sound(op, s))
		verdict_answer(v, 2, EVOTE_R_MALFORMED);
	else if (names_repeat(s->groups.groups_val, s->groups.groups_len, 0))
		verdict_answer(v, 2, EVOTE_R_DUPLICATE);
	else if (s->quota == 0 ||
	    (op->set_creators && !op->admitted &&
		!settings_leave_some(s, &e->voters)))
		verdict_answer(v, 2, EVOTE_R_SHUTS_OUT);
	else if (settings_same(s, &e->settings))
		verdict_answer(v, 0, EVOTE_R_OK);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}
