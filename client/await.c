#include "client/await.h"

#include <string.h>
#include <time.h>

#include "client/say.h"
#include "common/now.h"
#include "common/rpc/caller.h"

#define TIMEOUT_MS 10000
#define POLL_MS	   50

static CLIENT *
local_open(struct client *c, uint64_t deadline_ms)
{
	char err[400];
	CLIENT *client = caller_unix(
	    c->admin, EVOTE_PROG, EVOTE_V1, deadline_ms, err, sizeof(err));

	if (client != NULL)
		caller_deadline(client, deadline_ms);
	return (client);
}

/* Without its full stop, since a sentence of ours goes on behind it. */
static void
alarm_stop(char *alarm)
{
	size_t len = strlen(alarm);

	if (len > 0 && alarm[len - 1] == '.')
		alarm[len - 1] = '\0';
}

enum seen { SEEN_GONE, SEEN_NOT_YET, SEEN_DONE, SEEN_GIVEN_UP };

/* What the host said last. */
struct view {
	evote_stamp stamp;
	char alarm[EVOTE_TEXT_MAX + 1]; /* of the order, or "" */
};

/* The first alarm of that kind, or "". */
static int
alarm_find(struct view *v, const evote_status_res *res, evote_alarm_kind kind)
{
	v->alarm[0] = '\0';
	for (u_int i = 0; i < res->alarms.alarms_len; i++) {
		const evote_alarm *a = &res->alarms.alarms_val[i];

		if (a->kind != kind)
			continue;
		snprintf(v->alarm, sizeof(v->alarm), "%s", a->text);
		alarm_stop(v->alarm);
		return (1);
	}
	return (0);
}

static enum seen
look(CLIENT *client, const struct await *a, struct view *v)
{
	evote_status_res res = {0};
	enum seen seen = SEEN_GONE;

	if (evote_status_1(NULL, &res, client) == RPC_SUCCESS) {
		v->stamp = res.answer.stamp;
		if (res.answer.stamp.epoch > a->epoch && a->done(&res, a))
			seen = SEEN_DONE;
		else if (alarm_find(v, &res, EVOTE_ALARM_ORDER))
			seen = SEEN_GIVEN_UP;
		else {
			seen = SEEN_NOT_YET;
			alarm_find(v, &res, a->alarm);
		}
	}
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	return (seen);
}

static int
given_up_say(struct client *c, const struct view *v)
{
	const evote_answer answer = {
	    .code = 1, .reason = EVOTE_R_NOT_POSSIBLE, .stamp = v->stamp};

	return (say_refused_so(c, &answer, "%s", v->alarm));
}

int
await(struct client *c, const struct await *a, const char *not_yet)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	uint64_t deadline_ms = now_ms() + cmd_timeout_ms(c, TIMEOUT_MS);
	CLIENT *client = local_open(c, deadline_ms);
	struct view v = {.alarm = ""};
	enum seen seen = client == NULL ? SEEN_GONE : SEEN_NOT_YET;

	while (seen == SEEN_NOT_YET &&
	    (seen = look(client, a, &v)) == SEEN_NOT_YET &&
	    now_ms() < deadline_ms)
		nanosleep(&pause, NULL);
	if (client != NULL)
		clnt_destroy(client);
	if (seen == SEEN_DONE)
		return (-1);
	if (seen == SEEN_GIVEN_UP)
		return (given_up_say(c, &v));
	if (seen == SEEN_GONE && now_ms() < deadline_ms)
		return (say_unknown(c,
		    "The server ended before it answered. The order may or may "
		    "not have been carried out. Check `status`"));
	return (say_unknown(c,
	    "%s yet. It was begun and may still happen%s%s. Check `status`, "
	    "and repeat the order once what it waits for is back%s%s",
	    not_yet, v.alarm[0] != '\0' ? "; the host says: " : "", v.alarm,
	    a->needs != NULL ? ". " : "", a->needs != NULL ? a->needs : ""));
}
