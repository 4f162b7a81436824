#include "client/life.h"

#include <stdio.h>

#include "client/json.h"
#include "client/say.h"
#include "client/when.h"

const char *
life_phase(evote_phase phase)
{
	static const char *const names[] = {
	    [EVOTE_PHASE_PLANNED] = "planned",
	    [EVOTE_PHASE_OPEN] = "open",
	    [EVOTE_PHASE_CLOSED] = "closed",
	    [EVOTE_PHASE_CANCELLED] = "cancelled",
	};

	return ((unsigned)phase <= EVOTE_PHASE_CANCELLED ? names[phase]
							 : "strange");
}

evote_reason
life_shut(evote_phase phase)
{
	switch (phase) {
	case EVOTE_PHASE_PLANNED:
		return (EVOTE_R_NOT_BEGUN);
	case EVOTE_PHASE_OPEN:
		return (EVOTE_R_OK);
	case EVOTE_PHASE_CANCELLED:
		return (EVOTE_R_CANCELLED);
	default:
		return (EVOTE_R_CLOSED);
	}
}

int
life_opened(const evote_life_res *l)
{
	return (l->phase == EVOTE_PHASE_CANCELLED
		? l->opened.time != 0
		: l->phase != EVOTE_PHASE_PLANNED);
}

const char *
life_by(const char *name)
{
	return (name[0] != '\0' ? name : "an operator");
}

const char *
life_verb(const evote_life_res *l, uint64_t now)
{
	static const char *const verbs[] = {
	    [EVOTE_PHASE_PLANNED] = "opens",
	    [EVOTE_PHASE_OPEN] = "ends",
	    [EVOTE_PHASE_CLOSED] = "closed",
	    [EVOTE_PHASE_CANCELLED] = "was cancelled",
	};

	/* In its grace, or while no host closes it. */
	if (l->phase == EVOTE_PHASE_OPEN && l->end <= now)
		return ("ended");
	return ((unsigned)l->phase <= EVOTE_PHASE_CANCELLED ? verbs[l->phase]
							    : "ends");
}

static int
life_is_over(const evote_life_res *l)
{
	return (l->phase == EVOTE_PHASE_CLOSED ||
	    l->phase == EVOTE_PHASE_CANCELLED);
}

uint64_t
life_time(const evote_life_res *l)
{
	if (l->phase == EVOTE_PHASE_PLANNED)
		return (l->start);
	return (
	    life_is_over(l) && l->closed.time != 0 ? l->closed.time : l->end);
}

uint64_t
life_last(const evote_life_res *l)
{
	return (l->end + l->grace_s * 1000000ULL);
}

/* ---- for people ---- */

void
life_changes(struct client *c, const evote_life_res *l)
{
	const evote_extended *x;
	struct when at, from, to;
	u_int i;

	for (i = 0; i < l->extended.extended_len; i++) {
		x = &l->extended.extended_val[i];
		at = when_of(x->at.time);
		from = when_of(x->from);
		to = when_of(x->to);
		say_line(c,
		    "extended by %s at %s: the end was %s, and became %s: %s",
		    life_by(x->by), at.utc, from.utc, to.utc, x->reason);
	}
	if (l->phase != EVOTE_PHASE_CANCELLED)
		return;
	at = when_of(l->closed.time);
	say_line(c, "cancelled by %s at %s: %s", life_by(l->cancelled_by),
	    at.utc, l->reason);
}

/* ---- for programs ---- */

static void
extended_json(cJSON *list, const evote_extended *x)
{
	cJSON *one = json_item(list);

	when_add(one, "at", x->at.time);
	json_number(one, "record", x->at.seq);
	json_text(one, "by", x->by);
	when_add(one, "from", x->from);
	when_add(one, "to", x->to);
	json_text(one, "reason", x->reason);
}

void
life_changes_json(cJSON *to, const evote_life_res *l)
{
	cJSON *list;
	u_int i;

	json_text(to, "phase", life_phase(l->phase));
	list = json_list(to, "extended");
	for (i = 0; i < l->extended.extended_len; i++)
		extended_json(list, &l->extended.extended_val[i]);
	if (l->phase != EVOTE_PHASE_CANCELLED)
		return;
	json_text(to, "cancelled_by", l->cancelled_by);
	json_text(to, "cancelled_for", l->reason);
}

static void
moment_json(cJSON *to, const char *key, const evote_moment *at)
{
	char name[48];

	if (at->time == 0)
		return;
	when_add(to, key, at->time);
	snprintf(name, sizeof(name), "%s_record", key);
	json_number(to, name, at->seq);
}

void
life_json(cJSON *to, const evote_life_res *l)
{
	life_changes_json(to, l);
	moment_json(to, "created", &l->created);
	if (l->start != 0)
		when_add(to, "start", l->start);
	moment_json(to, "opened", &l->opened);
	moment_json(to,
	    l->phase == EVOTE_PHASE_CANCELLED ? "cancelled_at" : "closed_at",
	    &l->closed);
	json_number(to, "grace_s", l->grace_s);
}

/* ---- refusals ---- */

/* A grace: the service does what is asked after it, or did it before it. */
static int
grace_refusal(struct client *c, const char *election,
    const evote_answer *answer, const evote_life_res *l, uint64_t now,
    const char *what)
{
	struct when end = when_of(l->end), last = when_at(life_last(l), now);

	return (say_refused_so(c, answer,
	    "%s: \"%s\" %s at %s. Until %s, which is %s here, %s, it takes "
	    "votes of those who had logged in before that, at most an hour "
	    "before they vote",
	    what, election, life_verb(l, now), end.utc, last.utc, last.local,
	    last.left));
}

static int
refusal_say(struct client *c, const char *election, const evote_answer *answer,
    const evote_life_res *l, uint64_t now, const char *what)
{
	struct when w = when_at(life_time(l), now);
	evote_answer told = *answer;

	if (l->phase == EVOTE_PHASE_PLANNED)
		return (say_refused_so(c, &told,
		    "%s: \"%s\" has not opened yet. It opens at %s, which is "
		    "%s "
		    "here, %s",
		    what, election, w.utc, w.local, w.left));
	if (l->phase == EVOTE_PHASE_OPEN)
		return (grace_refusal(c, election, answer, l, now, what));
	told.text = l->reason;
	return (say_refused_so(c, &told, "%s: \"%s\" was cancelled by %s at %s",
	    what, election, life_by(l->cancelled_by), w.utc));
}

/* Whether such a life is the reason, if it is one of these. */
static int
explains(const evote_life_res *l, evote_reason reason)
{
	if (reason == EVOTE_R_NOT_BEGUN || reason == EVOTE_R_CANCELLED)
		return (l->phase == EVOTE_PHASE_PLANNED ||
		    l->phase == EVOTE_PHASE_CANCELLED);
	return (l->phase == EVOTE_PHASE_OPEN && l->grace_s != 0);
}

int
life_refused(struct client *c, struct evote *e, const char *election,
    const evote_answer *answer, const char *what)
{
	evote_reason reason = answer->reason;
	evote_life_res life;
	int status = -1;

	if (reason != EVOTE_R_NOT_BEGUN && reason != EVOTE_R_CANCELLED &&
	    reason != EVOTE_R_ONGOING && reason != EVOTE_R_CLOSED)
		return (-1);
	if (evote_life(e, election, &life) == EVOTE_ANSWERED &&
	    life.answer.code == 0 && explains(&life, reason)) {
		say_clock(e);
		status = refusal_say(
		    c, election, answer, &life, evote_now_us(e), what);
	}
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}
