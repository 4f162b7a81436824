#include "client/commands/enrolled.h"

#include <stdio.h>
#include <string.h>

#include "client/json.h"
#include "client/say.h"
#include "common/now.h"
#include "common/rpc/caller.h"

#define TIMEOUT_MS 30000

enum clnt_stat
enrolled_page(struct client *c, CLIENT *client, evote_roll_args *args,
    evote_roll_res *res)
{
	enum clnt_stat stat;

	memset(res, 0, sizeof(*res));
	caller_deadline(client, now_ms() + cmd_timeout_ms(c, TIMEOUT_MS));
	stat = evote_roll_page_1(args, res, client);
	/* A service that turns in circles must not keep us. */
	args->first = res->next > args->first ? res->next : 0;
	return (stat);
}

int
enrolled_check(struct client *c, enum clnt_stat stat,
    const evote_answer *answer, const char *what)
{
	if (stat == RPC_SUCCESS && answer->standing == EVOTE_SERVED &&
	    answer->reason == EVOTE_R_CLOSED)
		return (say_refused_so(c, answer,
		    "%s: the election has ended, and nobody can vote in it "
		    "any more; `turnout` has the numbers",
		    what));
	return (admin_check(c, ADMIN_READS, stat, answer, what));
}

static int
page_take(struct client *c, CLIENT *client, evote_roll_args *args,
    const char *what, void (*take)(void *, const evote_voter *), void *arg)
{
	evote_roll_res res;
	enum clnt_stat stat = enrolled_page(c, client, args, &res);
	int status;
	u_int i;

	status = enrolled_check(c, stat, &res.answer, what);
	for (i = 0; status < 0 && i < res.voters.voters_len; i++)
		take(arg, &res.voters.voters_val[i]);
	xdr_free((xdrproc_t)xdr_evote_roll_res, &res);
	return (status);
}

int
enrolled_each(struct client *c, evote_roll_args args, const char *what,
    void (*take)(void *, const evote_voter *), void *arg)
{
	CLIENT *client;
	int status;

	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	do
		status = page_take(c, client, &args, what, take, arg);
	while (status < 0 && args.first != 0);
	clnt_destroy(client);
	return (status);
}

static void
group_take(void *arg, const evote_voter *v)
{
	groups_add(arg, v->group);
}

int
enrolled_groups(struct client *c, evote_roll_args which, const char *what,
    struct groups *to)
{
	return (enrolled_each(c, which, what, group_take, to));
}

static void
groups_json(cJSON *to, const struct groups *gs)
{
	cJSON *list = json_list(to, "groups"), *one;
	const struct group *g, *like;

	for (g = gs->all; g != NULL; g = g->hh.next) {
		one = json_item(list);
		json_text(one, "group", g->name);
		json_number(one, "voters", g->voters);
		if (groups_few(gs) && (like = groups_like(gs, g->name)) != NULL)
			json_text(one, "like", like->name);
	}
}

void
enrolled_show(struct client *c, struct groups *gs)
{
	struct group *g, *at = gs->all;
	char alike[1000];

	groups_json(c->json, gs);
	for (g = gs->all; g != NULL; g = g->hh.next)
		say_line(c, "group    %s, %u voter%s", g->name, g->voters,
		    g->voters == 1 ? "" : "s");
	while (groups_alike(gs, &at, alike, sizeof(alike)))
		say_line(c,
		    "alike: %s. If one group is meant, give all its voters the "
		    "same one.",
		    alike);
}

void
enrolled_ask(const struct groups *gs, const char *group, char out[ENROLLED_ASK])
{
	const struct group *like = groups_like(gs, group);

	out[0] = '\0';
	if (like != NULL)
		snprintf(out, ENROLLED_ASK, " (did you mean %s?)", like->name);
}
