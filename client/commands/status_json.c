#include "client/commands/status.h"

#include "client/say.h"
#include "common/role_name.h"
#include "common/seal.h"

static void
json_lag(cJSON *host, const struct survey *s, int i)
{
	int64_t lag = survey_lag(s, i);

	if (lag >= 0)
		cJSON_AddNumberToObject(host, "lag", (double)lag);
	else
		cJSON_AddNullToObject(host, "lag");
}

static void
json_alarms(cJSON *host, const evote_status_res *res)
{
	const evote_alarm *a = res->alarms.alarms_val;
	u_int n = res->alarms.alarms_len, i;
	cJSON *list, *item;

	cJSON_AddStringToObject(host, "alarm", n > 0 ? a[0].text : "");
	list = cJSON_AddArrayToObject(host, "alarms");
	for (i = 0; i < n; i++) {
		item = cJSON_CreateObject();
		cJSON_AddItemToArray(list, item);
		cJSON_AddStringToObject(item, "kind", say_alarm(a[i].kind));
		cJSON_AddStringToObject(item, "text", a[i].text);
	}
}

static void
host_json(cJSON *list, const struct survey *s, int i)
{
	const struct sight *at = &s->hosts[i];
	const evote_status_res *res = &at->res;
	cJSON *host = cJSON_CreateObject();
	char root[2 * SEAL_HASH + 1];

	cJSON_AddItemToArray(list, host);
	cJSON_AddStringToObject(host, "name", at->name);
	cJSON_AddBoolToObject(host, "reachable", at->reached);
	json_lag(host, s, i);
	if (!at->reached) {
		cJSON_AddStringToObject(host, "problem", at->problem);
		return;
	}
	seal_hex(root, res->root, sizeof(res->root));
	cJSON_AddStringToObject(host, "pin", at->pin);
	cJSON_AddStringToObject(host, "role", role_name(res->role));
	cJSON_AddStringToObject(
	    host, "standing", say_standing(res->answer.standing));
	cJSON_AddNumberToObject(host, "epoch", (double)res->answer.stamp.epoch);
	cJSON_AddNumberToObject(host, "size", (double)res->size);
	cJSON_AddNumberToObject(
	    host, "accepted", (double)res->answer.stamp.size);
	cJSON_AddStringToObject(host, "root", root);
	cJSON_AddBoolToObject(host, "in_sync", res->in_sync);
	say_names(host, "waiting_for", res->waiting_for.waiting_for_len,
	    res->waiting_for.waiting_for_val);
	json_alarms(host, res);
	cJSON_AddStringToObject(host, "primary", res->primary);
	cJSON_AddStringToObject(host, "origin", res->origin);
	cJSON_AddNumberToObject(
	    host, "forced_epoch", (double)res->forced_epoch);
	cJSON_AddStringToObject(host, "arbiter", res->arbiter);
	cJSON_AddBoolToObject(host, "arbiter_away", res->arbiter_away);
	cJSON_AddNumberToObject(host, "clock_ahead_us", (double)at->ahead_us);
	cJSON_AddNumberToObject(host, "clock_within_us", (double)at->within_us);
}

void
status_json(struct client *c, const struct survey *s, double rate)
{
	cJSON *list = cJSON_AddArrayToObject(c->json, "hosts");
	int i;

	for (i = 0; i < s->n; i++)
		host_json(list, s, i);
	if (rate >= 0)
		cJSON_AddNumberToObject(c->json, "records_per_s", rate);
}

void
status_explain_json(cJSON *host, const struct explain *x)
{
	cJSON *list = cJSON_AddArrayToObject(host, "steps"), *item;
	int i;

	for (i = 0; i < EXPLAIN_NR; i++) {
		item = cJSON_CreateObject();
		cJSON_AddItemToArray(list, item);
		cJSON_AddStringToObject(
		    item, "step", explain_stage_name((enum explain_stage)i));
		cJSON_AddStringToObject(
		    item, "state", explain_state_name(x->steps[i].state));
		cJSON_AddStringToObject(item, "text", x->steps[i].text);
		if (i == x->failed)
			cJSON_AddStringToObject(item, "todo", x->todo);
	}
}
