#include "client/plan.h"

#include <stdio.h>
#include <string.h>

#include "client/json.h"
#include "client/prompt.h"
#include "client/form.h"
#include "client/say.h"
#include "client/when.h"
#include "common/text.h"

#define SHEET                                                          \
	". After the close, anybody gets its tally sheet. Tell the "   \
	"voters: each is told a tracker, and finds the choice beside " \
	"it on the sheet; whoever sees a tracker sees the choice"

/* The value of an option, or 0. */
static uint64_t
plan_option(const evote_terms *terms, evote_option_kind kind)
{
	return (ballot_option(&terms->options, kind, 0));
}

void
plan_creators(const evote_settings *s, char *out, size_t size)
{
	u_int i;

	if (s->creators != EVOTE_BY_GROUPS) {
		snprintf(out, size, "%s",
		    s->creators == EVOTE_BY_OPERATORS ? "operators" : "anyone");
		return;
	}
	snprintf(
	    out, size, "the group%s ", s->groups.groups_len == 1 ? "" : "s");
	for (i = 0; i < s->groups.groups_len; i++)
		say_and(out + strlen("the group "), size - strlen("the group "),
		    s->groups.groups_val[i], i, s->groups.groups_len);
}

void
plan_settings(cJSON *to, const evote_settings *s)
{
	static const char *const names[] = {
	    [EVOTE_BY_ANYONE] = "anyone",
	    [EVOTE_BY_GROUPS] = "groups",
	    [EVOTE_BY_OPERATORS] = "operators",
	};

	json_text(to, "create",
	    (unsigned)s->creators < EVOTE_CREATORS_NR ? names[s->creators]
						      : "strange");
	say_names(to, "groups", s->groups.groups_len, s->groups.groups_val);
	json_number(to, "quota", s->quota);
}

/* ---- what was understood ---- */

static void
time_line(
    struct client *c, const struct plan *p, const char *what, uint64_t time)
{
	struct when w = when_at(time, p->now);

	say_shown(c, p->dry, "%-8s %s, which is %s here, %s", what, w.utc,
	    w.local, w.left);
}

/* How many voters the group has; UINT64_MAX: that is not known. */
static uint64_t
voters_in(const struct plan *p, u_int i)
{
	return (p->seen->clock != 0 && i < p->seen->sizes.sizes_len
		? p->seen->sizes.sizes_val[i]
		: UINT64_MAX);
}

static void
groups_lines(struct client *c, const struct plan *p)
{
	const evote_election *v = &p->terms->election;
	uint64_t n;
	u_int i;

	for (i = 0; i < v->groups.groups_len; i++) {
		n = voters_in(p, i);
		if (n == UINT64_MAX)
			say_shown(
			    c, p->dry, "group    %s", v->groups.groups_val[i]);
		else
			say_shown(c, p->dry, "group    %s, %llu voter%s",
			    v->groups.groups_val[i], (unsigned long long)n,
			    n == 1 ? "" : "s");
	}
}

static void
options_lines(struct client *c, const struct plan *p)
{
	uint64_t grace = plan_option(p->terms, EVOTE_OPTION_GRACE_S);

	if (grace != 0)
		say_shown(c, p->dry,
		    "grace    votes are taken until %llu s after the end, from "
		    "voters who logged in before it, at most an hour before "
		    "they vote",
		    (unsigned long long)grace);
	if (plan_option(p->terms, EVOTE_OPTION_SHEET))
		say_shown(c, p->dry,
		    "sheet    anybody gets trackers and choices after the "
		    "close. Each voter is told a tracker, and a tracker shown "
		    "is a choice shown: with it a voter can prove a choice to "
		    "others, and be paid for it or made to");
	if (plan_option(p->terms, EVOTE_OPTION_ORDER_SHOWN))
		say_shown(
		    c, p->dry, "times    anybody may see how many voted when");
	if (plan_option(p->terms, EVOTE_OPTION_FREEZE))
		say_shown(c, p->dry,
		    "roll     fixed when it opens; later changes do not count");
}

static void
ballot_lines(struct client *c, const struct plan *p)
{
	const evote_election *v = &p->terms->election;
	char text[NAME_ROOM + 100];
	struct ballot_form form;
	u_int i;

	if (ballot_form(&form, &p->terms->options, v->choices.choices_len) ==
	    0) {
		form_text(&form, v, text, sizeof(text));
		say_shown(c, p->dry, "ballot   %s", text);
	}
	for (i = 0; i < v->choices.choices_len; i++)
		say_shown(c, p->dry, "choice   %s", v->choices.choices_val[i]);
}

static void
plan_lines(struct client *c, const struct plan *p)
{
	uint64_t start = plan_option(p->terms, EVOTE_OPTION_START);
	struct when w = when_of(p->seen->clock);

	say_shown(c, p->dry, "election %s", p->terms->election.name);
	if (p->seen->clock != 0)
		say_shown(
		    c, p->dry, "clock    %s, as the service has it", w.utc);
	ballot_lines(c, p);
	groups_lines(c, p);
	if (start == 0)
		say_shown(c, p->dry, "opens    at once");
	else
		time_line(c, p, "opens", start);
	time_line(c, p, "closes", p->terms->election.end);
	options_lines(c, p);
	if (p->seen->clock == 0)
		say_shown(c, p->dry,
		    "The host that serves runs an older version of evote, and "
		    "does not tell more before the election is created.");
}

/* ---- whether it is meant ---- */

/* The groups without a voter, "group "a" or group "b""; how many there are. */
static u_int
empty_groups(const struct plan *p, char *out, size_t size)
{
	const evote_election *v = &p->terms->election;
	char one[NAME_ROOM + 10];
	u_int i, n = 0;

	out[0] = '\0';
	for (i = 0; i < v->groups.groups_len; i++)
		if (voters_in(p, i) == 0) {
			snprintf(one, sizeof(one), "group \"%s\"",
			    v->groups.groups_val[i]);
			text_join(out, size, " or ", one);
			n++;
		}
	return (n);
}

/* Nobody may vote as one of them now; whether that was meant. */
static int
empty_judge(
    struct client *c, const struct plan *p, const char *groups, int asked)
{
	const char *name = p->terms->election.name;

	if (plan_option(p->terms, EVOTE_OPTION_FREEZE) &&
	    !plan_option(p->terms, EVOTE_OPTION_START))
		return (say_usage(c,
		    "Election \"%s\" was not created: nobody on the roll is "
		    "in %s, and with --freeze who may vote is fixed when it "
		    "opens. Correct the groups, or put voters there first",
		    name, groups));
	if (asked)
		return (-1);
	return (say_usage(c,
	    "Election \"%s\" was not created: nobody on the roll is in %s, and "
	    "groups cannot be changed later. Correct them, or add "
	    "--empty-groups if voters will be put there",
	    name, groups));
}

int
plan_agree(struct client *c, const struct plan *p)
{
	int asked = prompt_can(c) && !p->yes && !p->dry, status = -1;
	char groups[2000];
	u_int empty;

	/* Who is not asked does not want to read it either. */
	if (p->dry || prompt_can(c))
		plan_lines(c, p);
	empty = empty_groups(p, groups, sizeof(groups));
	if (empty > 0 && !p->empty)
		status = empty_judge(c, p, groups, asked);
	if (status >= 0)
		plan_json(c->json, p);
	else if (empty > 0)
		say_shown(c, p->dry, "Nobody on the roll is in %s.", groups);
	if (status >= 0 || !asked || prompt_yes("Create it"))
		return (status);
	return (say_usage(
	    c, "Election \"%s\" was not created", p->terms->election.name));
}

int
plan_done(struct client *c, const struct plan *p)
{
	uint64_t start = plan_option(p->terms, EVOTE_OPTION_START);
	const char *sheet =
	    plan_option(p->terms, EVOTE_OPTION_SHEET) ? SHEET : "";
	const char *name = p->terms->election.name;
	struct when w = when_at(p->terms->election.end, p->now),
		    s = when_at(start, p->now);

	if (p->dry)
		return (say_done(c,
		    "Election \"%s\" would be created now; nothing was done",
		    name));
	if (start == 0)
		return (say_done(c,
		    "Election \"%s\" is open until %s, which is %s here, %s%s",
		    name, w.utc, w.local, w.left, sheet));
	return (say_done(c,
	    "Election \"%s\" opens at %s, which is %s here, %s, and is then "
	    "open until %s, which is %s here%s",
	    name, s.utc, s.local, s.left, w.utc, w.local, sheet));
}

void
plan_json(cJSON *to, const struct plan *p)
{
	uint64_t start = plan_option(p->terms, EVOTE_OPTION_START);
	const evote_election *v = &p->terms->election;
	cJSON *list, *one;
	u_int i;

	json_flag(to, "dry_run", p->dry);
	if (v->end != 0)
		when_json(to, v->end);
	if (start != 0)
		when_add(to, "start", start);
	json_number(to, "grace_s", plan_option(p->terms, EVOTE_OPTION_GRACE_S));
	if (p->seen->clock == 0)
		return;
	when_add(to, "clock", p->seen->clock);
	list = json_list(to, "groups");
	for (i = 0; i < v->groups.groups_len; i++) {
		one = json_item(list);
		json_text(one, "group", v->groups.groups_val[i]);
		json_number(one, "voters", voters_in(p, i));
	}
}
