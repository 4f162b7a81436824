#include "server/procedures_read.h"

/* Of the election that is named. */
#define READ_NAMED(what)                                                \
	struct record *read_##what(struct server *s, struct request *r, \
	    const struct entry_header *at)                              \
	{                                                               \
		struct outcome out = {0};                               \
		election_##what(s->election, r->args.named.election,    \
		    &r->result.what, &out);                             \
		told(&r->result.answer, &out);                          \
		return (NULL);                                          \
	}
READ_NAMED(result)
READ_NAMED(pairs)
READ_NAMED(show)
READ_NAMED(options)
READ_NAMED(turnout)
READ_NAMED(report)
READ_NAMED(curve)
READ_NAMED(life)

struct record *
read_list(struct server *s, struct request *r, const struct entry_header *at)
{
	election_list(s->election, r->args.list.first, &r->result.list);
	return (NULL);
}

struct record *
read_empty(struct server *s, struct request *r, const struct entry_header *at)
{
	election_empty(s->election, &r->args.groups, &r->result.empty);
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
read_lives(struct server *s, struct request *r, const struct entry_header *at)
{
	election_lives(s->election, r->args.list.first, &r->result.lives);
	return (NULL);
}
