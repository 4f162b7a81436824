#include "server/procedures_read.h"

struct record *
read_result(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_result(
	    s->election, r->args.named.election, &r->result.result, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_pairs(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_pairs(
	    s->election, r->args.named.election, &r->result.pairs, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_list(struct server *s, struct request *r, const struct entry_header *at)
{
	election_list(s->election, r->args.list.first, &r->result.list);
	return (NULL);
}

struct record *
read_show(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_show(
	    s->election, r->args.named.election, &r->result.show, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_options(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_options(
	    s->election, r->args.named.election, &r->result.options, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_empty(struct server *s, struct request *r, const struct entry_header *at)
{
	election_empty(s->election, &r->args.groups, &r->result.empty);
	return (NULL);
}

struct record *
read_turnout(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_turnout(
	    s->election, r->args.named.election, &r->result.turnout, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_report(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_report(
	    s->election, r->args.named.election, &r->result.report, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_curve(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_curve(
	    s->election, r->args.named.election, &r->result.curve, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_sheet(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_sheet(s->election, &r->args.sheet, &r->result.sheet, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_life(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_life(
	    s->election, r->args.named.election, &r->result.life, &out);
	told(&r->result.answer, &out);
	return (NULL);
}

struct record *
read_lives(struct server *s, struct request *r, const struct entry_header *at)
{
	election_lives(s->election, r->args.list.first, &r->result.lives);
	return (NULL);
}
