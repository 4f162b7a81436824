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

/* 1 done, 0 not yet, -1 the host does not answer any more. */
static int
look(CLIENT *client, const struct await *a, char alarm[EVOTE_TEXT_MAX + 1])
{
	evote_status_res res = {0};
	int done = -1;

	if (evote_status_1(NULL, &res, client) == RPC_SUCCESS) {
		done = res.answer.stamp.epoch > a->epoch && a->done(&res, a);
		snprintf(alarm, EVOTE_TEXT_MAX + 1, "%s",
		    res.alarms.alarms_len == 0 ? ""
					       : res.alarms.alarms_val[0].text);
		alarm_stop(alarm);
	}
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	return (done);
}

int
await(struct client *c, const struct await *a, const char *not_yet)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	uint64_t deadline_ms = now_ms() + cmd_timeout_ms(c, TIMEOUT_MS);
	CLIENT *client = local_open(c, deadline_ms);
	char alarm[EVOTE_TEXT_MAX + 1] = "";
	int done = client == NULL ? -1 : 0;

	while (done == 0 && (done = look(client, a, alarm)) == 0 &&
	    now_ms() < deadline_ms)
		nanosleep(&pause, NULL);
	if (client != NULL)
		clnt_destroy(client);
	if (done == 1)
		return (-1);
	if (done == -1 && now_ms() < deadline_ms)
		return (say_unknown(c,
		    "The server ended before it answered. The order may or may "
		    "not have been carried out. Check `status`"));
	return (say_unknown(c,
	    "%s yet. It was begun and may still happen%s%s. Check `status`, "
	    "and repeat the order once what it waits for is back%s%s",
	    not_yet, alarm[0] != '\0' ? "; the host says: " : "", alarm,
	    a->needs != NULL ? ". " : "", a->needs != NULL ? a->needs : ""));
}
