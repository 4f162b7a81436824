#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "say.h"
#include "seal.h"

#define EACH_MS	    1000
#define ROOT_PREFIX 12 /* hexadecimal digits */

static void
json_waiting(cJSON *host, const evote_status_res *res)
{
	cJSON *list = cJSON_AddArrayToObject(host, "waiting_for");
	u_int i;

	for (i = 0; i < res->waiting_for.waiting_for_len; i++)
		cJSON_AddItemToArray(list,
		    cJSON_CreateString(res->waiting_for.waiting_for_val[i]));
}

static void
host_json(struct client *c, cJSON *list, const char *name, int reachable,
    const evote_status_res *res, const char *root)
{
	cJSON *host = cJSON_CreateObject();

	cJSON_AddItemToArray(list, host);
	cJSON_AddStringToObject(host, "name", name);
	cJSON_AddBoolToObject(host, "reachable", reachable);
	if (!reachable)
		return;
	cJSON_AddStringToObject(host, "role", say_role(res->role));
	cJSON_AddStringToObject(
	    host, "standing", say_standing(res->answer.standing));
	cJSON_AddNumberToObject(host, "epoch", (double)res->answer.stamp.epoch);
	cJSON_AddNumberToObject(host, "size", (double)res->size);
	cJSON_AddNumberToObject(
	    host, "accepted", (double)res->answer.stamp.size);
	cJSON_AddStringToObject(host, "root", root);
	cJSON_AddBoolToObject(host, "in_sync", res->in_sync);
	json_waiting(host, res);
	cJSON_AddStringToObject(host, "alarm", res->alarm);
	cJSON_AddStringToObject(host, "primary", res->primary);
	cJSON_AddStringToObject(host, "origin", res->origin);
	cJSON_AddNumberToObject(
	    host, "forced_epoch", (double)res->forced_epoch);
	cJSON_AddStringToObject(host, "arbiter", res->arbiter);
	cJSON_AddBoolToObject(host, "arbiter_away", res->arbiter_away);
}

static void
waiting_text(const evote_status_res *res, char *out, size_t size)
{
	size_t len = 0;
	u_int i;

	snprintf(out, size, "-");
	for (i = 0; i < res->waiting_for.waiting_for_len && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    i > 0 ? "," : "", res->waiting_for.waiting_for_val[i]);
}

static void
host_line(struct client *c, const char *name, const evote_status_res *res,
    const char *root)
{
	char waiting[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 1)];

	waiting_text(res, waiting, sizeof(waiting));
	say_line(c, "%-12s %-9s %6llu %9llu  %.*s  %-7s  %-9s  %s", name,
	    say_role(res->role), (unsigned long long)res->answer.stamp.epoch,
	    (unsigned long long)res->size, ROOT_PREFIX, root,
	    res->in_sync ? "yes" : "no", waiting,
	    res->alarm[0] != '\0' ? res->alarm : "-");
}

struct survey {
	enum evote_outcome worst;
	char problem[2048];
	char primary[EVOTE_HOST_MAX + 1]; /* who serves, or "" */
	int reachable;
};

static void
host_survey(
    struct client *c, struct evote *e, int i, cJSON *list, struct survey *s)
{
	const char *name = evote_host_name(e, i);
	enum evote_outcome outcome;
	evote_status_res res;
	char root[65] = "";
	/* A host that shows a changed service was reached all the same. */
	int reached;

	outcome = evote_status(e, i, EACH_MS, &res);
	reached = outcome == EVOTE_ANSWERED || outcome == EVOTE_CHANGED;
	if (outcome == EVOTE_CHANGED || outcome == EVOTE_FAILED) {
		s->worst = outcome;
		snprintf(
		    s->problem, sizeof(s->problem), "%s", evote_problem(e));
	}
	if (reached) {
		s->reachable++;
		seal_hex(root, res.root, sizeof(res.root));
		host_line(c, name, &res, root);
		if (res.role == EVOTE_PRIMARY &&
		    res.answer.standing == EVOTE_SERVED)
			snprintf(s->primary, sizeof(s->primary), "%s", name);
	} else
		say_line(c, "%-12s -         %s", name, evote_problem(e));
	if (list != NULL)
		host_json(c, list, name, reached, &res, root);
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
}

static int
survey_say(struct client *c, const struct survey *s, int n)
{
	if (s->worst != EVOTE_ANSWERED)
		return (say_problem(c, s->problem, s->worst,
		    "The service cannot be relied on"));
	if (s->primary[0] == '\0')
		return (say_unknown(
		    c, "No host serves; %d of %d answered", s->reachable, n));
	return (say_done(c, "Host %s serves; %d of %d hosts answered",
	    s->primary, s->reachable, n));
}

static int
run(struct client *c, int argc, char **argv)
{
	struct survey s = {.worst = EVOTE_ANSWERED};
	cJSON *list = NULL;
	struct evote *e;
	int i, status;

	if ((status = cmd_args(c, &cmd_status, argc, argv, 0, 0)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	if (c->json != NULL)
		list = cJSON_AddArrayToObject(c->json, "hosts");
	say_line(c, "%-12s %-9s %6s %9s  %-12s  %-7s  %-9s  %s", "host", "role",
	    "epoch", "records", "root", "in sync", "waits for", "alarm");
	for (i = 0; evote_host_name(e, i) != NULL; i++)
		host_survey(c, e, i, list, &s);
	status = survey_say(c, &s, i);
	evote_close(e);
	return (status);
}

const struct command cmd_status = {
    "status",
    "",
    "Asks every host for its role, how much it holds and what is wrong.",
    run,
};
