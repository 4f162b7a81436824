#include "client/lib/libevote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "client/lib/trust.h"
#include "common/now.h"
#include "common/rpc/caller.h"
#include "common/text.h"

#define TIMEOUT_MS 30000

/* ---- the handle ---- */

static int
copy_string(const char *from, const char **to)
{
	*to = from != NULL ? strdup(from) : NULL;
	return (from != NULL && *to == NULL ? -1 : 0);
}

static int
options_copy(const struct evote_options *from, struct evote_options *to)
{
	*to = *from;
	to->hosts = to->voter = to->key = to->state = to->origin = NULL;
	to->pin = NULL;
	if (to->timeout_ms == 0)
		to->timeout_ms = TIMEOUT_MS;
	return (copy_string(from->voter, &to->voter) == 0 &&
		    copy_string(from->key, &to->key) == 0 &&
		    copy_string(from->origin, &to->origin) == 0
		? 0
		: -1);
}

/* What is given, else what the variable has; an empty one is not set. */
static const char *
given(const char *option, const char *variable)
{
	const char *value = option != NULL ? option : getenv(variable);

	return (
	    option == NULL && value != NULL && *value == '\0' ? NULL : value);
}

static int
find_hosts(struct hosts *hosts, const char *list, const char *pin, char *err,
    size_t errlen)
{
	pin = given(pin, "EVOTE_PIN");
	if ((list = given(list, "EVOTE_HOSTS")) == NULL)
		return (text_why(err, errlen, "no hosts are given"));
	if (hosts_parse(list, hosts, err, errlen) != 0)
		return (-1);
	return (pin == NULL
		? 0
		: hosts_add_pin(hosts, pin, "the pin given: ", err, errlen));
}

/* Starts with the host that answered last, whichever process that was. */
static void
recall_host(struct evote *e)
{
	char name[EVOTE_HOST_MAX + 1];
	int i, port;

	e->last = -1;
	if (!state_last(e->state, name, &port) ||
	    (i = hosts_find(&e->hosts, name)) < 0)
		return;
	e->last = i;
	e->last_port = port;
	route_prefer(e->route, i, port);
}

struct evote *
evote_open(const struct evote_options *options, char *err, size_t errlen)
{
	struct evote *e = calloc(1, sizeof(*e));
	struct hosts known;

	snprintf(err, errlen, "no memory");
	if (e == NULL || options_copy(options, &e->options) != 0 ||
	    find_hosts(&e->hosts, options->hosts, options->pin, err, errlen) !=
		0)
		goto fail;
	known = e->hosts;
	/* Then no host proves it. */
	if (e->options.plain)
		known.pin[0] = '\0';
	e->state = state_open(options->state, &known, err, errlen);
	if (e->state == NULL)
		goto fail;
	if ((e->route = route_new(&e->hosts, trust_greeted, e)) == NULL)
		goto fail;
	route_secure(e->route, e->options.plain, e->hosts.pin);
	recall_host(e);
	return (e);
fail:
	evote_close(e);
	return (NULL);
}

void
evote_close(struct evote *e)
{
	if (e == NULL)
		return;
	route_free(e->route);
	state_close(e->state);
	signer_close(e->signer);
	keyring_clear(&e->keyring);
	free((char *)e->options.voter);
	free((char *)e->options.key);
	free((char *)e->options.origin);
	free(e);
}

int
evote_become(struct evote *e, const char *voter, const char *key)
{
	const char *new_voter = NULL, *new_key = NULL;

	if (copy_string(voter, &new_voter) != 0 ||
	    copy_string(key, &new_key) != 0) {
		free((char *)new_voter);
		return (-1);
	}
	free((char *)e->options.voter);
	free((char *)e->options.key);
	e->options.voter = new_voter;
	e->options.key = new_key;
	signer_close(e->signer);
	e->signer = NULL;
	e->token.len = 0;
	return (0);
}

const char *
evote_origin(const struct evote *e)
{
	return (e->service.origin);
}

const unsigned char *
evote_cluster(const struct evote *e)
{
	return (e->service.cluster);
}

const char *
evote_problem(const struct evote *e)
{
	return (e->problem);
}

const char *
evote_evidence(const struct evote *e)
{
	return (e->evidence);
}

/* ---- in clnt_create's shape ---- */

static CLIENT *
create_failed(enum clnt_stat stat)
{
	rpc_createerr.cf_stat = stat;
	return (NULL);
}

CLIENT *
evote_clnt_create_timed(const char *list, rpcprog_t prog, rpcvers_t vers,
    const char *nettype, const struct timeval *timeout)
{
	uint64_t ms = (uint64_t)timeout->tv_sec * 1000 +
	    (uint64_t)timeout->tv_usec / 1000;
	uint32_t prog32 = (uint32_t)prog, vers32 = (uint32_t)vers;
	struct hosts hosts;
	struct route *route;
	CLIENT *client;
	char err[200];

	if (nettype != NULL && strcmp(nettype, "tcp") != 0)
		return (create_failed(RPC_UNKNOWNPROTO));
	if (find_hosts(&hosts, list, NULL, err, sizeof(err)) != 0)
		return (create_failed(RPC_UNKNOWNHOST));
	if ((route = route_new(&hosts, NULL, NULL)) == NULL)
		return (create_failed(RPC_SYSTEMERROR));
	route_secure(route, 0, hosts.pin);
	route_find(route, now_ms() + ms);
	client = route_take(route);
	route_free(route);
	if (client == NULL)
		return (create_failed(RPC_TIMEDOUT));
	/* All programs of a host share its port. */
	clnt_control(client, CLSET_PROG, &prog32);
	clnt_control(client, CLSET_VERS, &vers32);
	caller_deadline(client, 0);
	return (client);
}

CLIENT *
evote_clnt_create(
    const char *list, rpcprog_t prog, rpcvers_t vers, const char *nettype)
{
	const struct timeval timeout = {TIMEOUT_MS / 1000, 0};

	return (evote_clnt_create_timed(list, prog, vers, nettype, &timeout));
}
