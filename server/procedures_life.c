#include "server/procedures_life.h"

struct record *
life_settings(
    struct server *s, struct request *r, const struct entry_header *at)
{
	const evote_settings_args *a = &r->args.settings;
	evote_settings_res *res = &r->result.settings;
	struct op op = {
	    .kind = EVOTE_OP_SETTINGS,
	    .no_room = core_full(s->core),
	    .set_creators = a->set_creators,
	    .set_quota = a->set_quota,
	    .settings = a->settings,
	};
	struct outcome out = {0};
	struct record *rec = NULL;

	if (op.set_creators || op.set_quota)
		rec = election_execute(s->election, &op, at, &out);
	told(&res->answer, &out);
	election_settings(s->election, &res->settings);
	return (rec);
}

struct record *
life_preview(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_preview(s->election, NULL, &r->args.new_election, at->time,
	    &r->result.preview, &out);
	r->result.preview.clock = s->wall_us;
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
life_any(struct server *s, struct request *r, const struct entry_header *at)
{
	char nobody[] = "";
	struct op op = {
	    .no_room = core_full(s->core),
	    .by_operator = 1,
	    .asker.voter = nobody,
	};
	struct outcome out = {0};
	struct record *rec;

	if (r->ask == ASK_OPEN_ANY) {
		op.kind = EVOTE_OP_OPEN;
		op.act.kind = EVOTE_ACT_OPEN;
		op.act.evote_act_u.terms = r->args.new_election;
	} else if (r->ask == ASK_EXTEND_ANY) {
		op.kind = EVOTE_OP_EXTEND;
		op.act.kind = EVOTE_ACT_EXTEND;
		op.act.evote_act_u.extension = r->args.extension;
	} else {
		op.kind = EVOTE_OP_CANCEL;
		op.act.kind = EVOTE_ACT_CANCEL;
		op.act.evote_act_u.cancellation = r->args.cancellation;
	}
	rec = election_execute(s->election, &op, at, &out);
	told(&r->result.answer, &out);
	return (rec);
}
