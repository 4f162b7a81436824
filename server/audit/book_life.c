#include "server/audit/book_life.h"

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/audit/book_electorate.h"
#include "server/audit/book_roll.h"

static const char *
poll_name(const void *arg, uint32_t i)
{
	return (((const struct book *)arg)->polls[i]->about.name);
}

struct book_poll *
book_poll(const struct book *b, const char *name)
{
	uint32_t i = index_find(&b->polls_by_name, name, poll_name, b);

	return (i == INDEX_NONE ? NULL : b->polls[i]);
}

/* ---- opened ---- */

static evote_name *
names_copy(const evote_name *from, uint32_t n)
{
	evote_name *to = need_zeroed(n + 1, sizeof(*to));

	for (uint32_t i = 0; i < n; i++)
		to[i] = need_copy(from[i]);
	return (to);
}

static void
poll_add(struct book *b, const evote_election *from,
    const struct ballot_form *form, const char *creator, uint64_t time)
{
	uint32_t groups = from->groups.groups_len;
	uint32_t choices = from->choices.choices_len;
	struct book_poll *p = need_zeroed(1, sizeof(*p));

	p->about.name = need_copy(from->name);
	p->about.end = from->end;
	p->about.groups.groups_len = groups;
	p->about.groups.groups_val =
	    names_copy(from->groups.groups_val, groups);
	p->about.choices.choices_len = choices;
	p->about.choices.choices_val =
	    names_copy(from->choices.choices_val, choices);
	p->counts = need_zeroed(choices + 1, sizeof(*p->counts));
	p->form = *form;
	(void)ballot_choices(from, p->choices); /* decoding has bounded them */
	if (form->kind == BALLOT_RANKED)
		p->pairs = need_zeroed(choices * choices, sizeof(*p->pairs));
	p->creator = need_copy(creator);
	p->created = time;
	b->polls = need_room(b->polls, b->n_polls, sizeof(*b->polls));
	b->polls[b->n_polls] = p;
	index_add(&b->polls_by_name, p->about.name, b->n_polls++);
}

/* Whether the settings of then let him open one. */
static int
may_create(const struct book *b, const struct book_voter *v)
{
	const evote_settings *s = &b->settings;

	if (s->quota == 0 || s->creators == EVOTE_BY_ANYONE)
		return (1);
	for (uint32_t i = 0; i < s->groups.groups_len; i++)
		if (strcmp(s->groups.groups_val[i], v->group) == 0)
			return (1);
	return (0);
}

static const char *
take_create(struct book *b, const evote_asker *asker,
    const evote_election *about, const evote_options *options, uint64_t time,
    struct book_entry *e)
{
	const char *name = about->name;
	int by_operator = asker->voter[0] == '\0';
	struct ballot_form form;
	int fits = ballot_form(&form, options, about->choices.choices_len) == 0;

	e->asker = book_voter(b, asker->voter);
	e->poll = book_poll(b, name);
	if (e->poll != NULL)
		return ("it opens an election of a name that exists");
	poll_add(b, about, &form, asker->voter, time);
	e->poll = book_poll(b, name);
	if (!fits)
		return ("it opens an election whose options contradict");
	if (!by_operator && (e->asker == NULL || !e->asker->registered))
		return ("who opens the election is not on the roll");
	if (!by_operator && !may_create(b, e->asker))
		return ("who opens the election may not, by the settings");
	return (about->end > time ? NULL : "it opens an election that is over");
}

static void
begin(const struct book *b, struct book_poll *p, uint64_t time)
{
	p->opened = time;
	if (p->fixes)
		book_electorate_fix(b, p);
}

static const char *
take_open(struct book *b, const evote_open_op *op, uint64_t time,
    struct book_entry *e)
{
	const evote_options *o = &op->terms.options;
	struct book_poll *p;
	const char *wrong =
	    take_create(b, &op->asker, &op->terms.election, o, time, e);

	/* Of a name that exists it changes nothing. */
	if ((p = e->poll)->opened != 0 || p->start != 0)
		return (wrong);
	p->has_sheet = ballot_option(o, EVOTE_OPTION_SHEET, 0) != 0;
	p->fixes = ballot_option(o, EVOTE_OPTION_FREEZE, 0) != 0;
	p->start = ballot_option(o, EVOTE_OPTION_START, 0);
	p->grace = ballot_option(o, EVOTE_OPTION_GRACE_S, 0) * 1000000;
	if (p->start == 0)
		begin(b, p, time);
	if (b->n_hosts == 0)
		return ("it opens an election with options before all hosts "
			"were known to know these");
	return (wrong);
}

static const char *
take_start(
    struct book *b, const char *name, uint64_t time, struct book_entry *e)
{
	struct book_poll *p = e->poll = book_poll(b, name);

	if (p == NULL)
		return ("it starts an election that does not exist");
	if (p->opened != 0 || p->closed != 0)
		return ("it starts an election that was open, or is over");
	begin(b, p, time);
	return (
	    time < p->start ? "it starts an election before its time" : NULL);
}

/* ---- changed ---- */

/* What is wrong with a change of an election by him, or NULL. */
static const char *
change_fits(struct book *b, const evote_asker *asker, const char *name,
    struct book_entry *e)
{
	struct book_poll *p = e->poll = book_poll(b, name);

	e->asker = book_voter(b, asker->voter);
	if (p == NULL)
		return ("it changes an election that does not exist");
	if (p->closed != 0)
		return ("it changes an election that is over");
	if (asker->voter[0] == '\0')
		return (NULL);
	if (e->asker == NULL || !e->asker->registered)
		return ("who changes the election is not on the roll");
	return (strcmp(p->creator, asker->voter) == 0
		? NULL
		: "who changes the election did not create it");
}

static const char *
take_extend(struct book *b, const evote_extend_op *op, uint64_t time,
    struct book_entry *e)
{
	const evote_extension *to = &op->extension;
	const char *wrong = change_fits(b, &op->asker, to->election, e);
	struct book_poll *p = e->poll;
	uint64_t from;

	if (wrong != NULL)
		return (wrong);
	from = p->about.end;
	p->extended =
	    need_room(p->extended, p->n_extended, sizeof(*p->extended));
	p->extended[p->n_extended++] = (struct book_extension){
	    .time = time,
	    .from = from,
	    .to = to->end,
	    .by = need_copy(op->asker.voter),
	    .reason = need_copy(to->reason),
	};
	p->about.end = to->end;
	if (time >= from)
		return ("it extends an election after its end");
	return (to->end > from ? NULL : "it does not make the end later");
}

static const char *
take_cancel(struct book *b, const evote_cancel_op *op, uint64_t time,
    struct book_entry *e)
{
	const char *wrong =
	    change_fits(b, &op->asker, op->cancellation.election, e);
	struct book_poll *p = e->poll;

	if (wrong != NULL)
		return (wrong);
	p->closed = time;
	p->cancelled_by = need_copy(op->asker.voter);
	p->cancelled_for = need_copy(op->cancellation.reason);
	return (op->asker.voter[0] != '\0' && p->received > 0
		? "its creator cancels an election that has votes"
		: NULL);
}

static const char *
take_close(
    struct book *b, const char *name, uint64_t time, struct book_entry *e)
{
	struct book_poll *p = e->poll = book_poll(b, name);

	if (p == NULL)
		return ("it closes an election that does not exist");
	if (p->closed != 0)
		return ("it closes an election that is over");
	p->closed = time;
	if (p->opened == 0)
		return ("it closes an election that was not open");
	return (time < p->about.end + p->grace
		? "it closes an election before its end"
		: NULL);
}

static const char *
take_settings(struct book *b, const evote_settings *s)
{
	evote_settings *to = &b->settings;

	xdr_free((xdrproc_t)xdr_evote_settings, (char *)to);
	*to = *s;
	to->groups.groups_val =
	    names_copy(s->groups.groups_val, s->groups.groups_len);
	return (s->quota > 0 ? NULL : "it leaves nobody a quota");
}

/* ---- all of it ---- */

const char *
book_life(struct book *b, const evote_leaf *leaf, struct book_entry *e)
{
	static const evote_options none;
	const evote_op *op = &leaf->op;
	const char *wrong;

	switch (op->kind) {
	case EVOTE_OP_CREATE:
		wrong = take_create(b, &op->evote_op_u.create.asker,
		    &op->evote_op_u.create.election, &none, leaf->time, e);
		if (e->poll->opened == 0 && e->poll->start == 0)
			begin(b, e->poll, leaf->time);
		return (wrong);
	case EVOTE_OP_OPEN:
		return (take_open(b, &op->evote_op_u.open, leaf->time, e));
	case EVOTE_OP_START:
		return (take_start(b, op->evote_op_u.election, leaf->time, e));
	case EVOTE_OP_EXTEND:
		return (take_extend(b, &op->evote_op_u.extend, leaf->time, e));
	case EVOTE_OP_CANCEL:
		return (take_cancel(b, &op->evote_op_u.cancel, leaf->time, e));
	case EVOTE_OP_CLOSE:
		return (take_close(b, op->evote_op_u.election, leaf->time, e));
	default:
		return (take_settings(b, &op->evote_op_u.settings));
	}
}

const char *
book_shut(const struct book_poll *p, const evote_leaf *vote)
{
	const evote_vote_op *op = &vote->op.evote_op_u.vote;

	if (p->opened == 0)
		return ("it votes in an election that is not open yet");
	if (p->cancelled_by != NULL)
		return ("it votes in an election that is cancelled");
	if (p->closed != 0 || vote->time >= p->about.end + p->grace)
		return ("it votes in an election that is over");
	return (
	    vote->time >= p->about.end && op->signature.evote_signature_len > 0
		? "it votes after the end, and not by a log-in from before it"
		: NULL);
}

void
book_poll_free(struct book_poll *p)
{
	xdr_free((xdrproc_t)xdr_evote_election, (char *)&p->about);
	for (uint32_t i = 0; i < p->n_extended; i++) {
		free(p->extended[i].by);
		free(p->extended[i].reason);
	}
	free(p->extended);
	free(p->cancelled_by);
	free(p->cancelled_for);
	free(p->creator);
	free(p->counts);
	free(p->pairs);
	free(p->voted);
	free(p->fixed);
	free(p);
}
