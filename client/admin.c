#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/lib/reason.h"
#include "client/say.h"
#include "common/hosts.h"
#include "common/now.h"
#include "common/rpc/caller.h"

#define TIMEOUT_MS 30000

/* Where its socket is, the server has died or hangs. */
static const char *
unreached(const char *path)
{
	return (access(path, W_OK) == 0
		? "The server does not run or does not answer; look at "
		  "`systemctl status evote-server`"
		: "Run this on the server's host, while the server runs, as "
		  "its user or root, with its admin-socket");
}

static int
open_at(struct client *c, rpcprog_t prog, rpcvers_t vers, CLIENT **out)
{
	uint64_t deadline_ms = now_ms() + cmd_timeout_ms(c, TIMEOUT_MS);
	char err[400];

	if (c->admin == NULL && access(CMD_SOCKET, W_OK) == 0)
		c->admin = CMD_SOCKET;
	if (c->admin == NULL)
		return (say_usage(c,
		    "this is for operators: run it as root on a host whose "
		    "server runs, or name the server's socket there, as "
		    "--admin " CMD_SOCKET));
	*out = caller_unix(c->admin, prog, vers, deadline_ms, err, sizeof(err));
	if (*out == NULL)
		return (say_unsent(
		    c, "Nothing was done: %s. %s", err, unreached(c->admin)));
	caller_deadline(*out, deadline_ms);
	return (-1);
}

int
admin_open(struct client *c, CLIENT **out)
{
	return (open_at(c, EVOTE_ADMIN_PROG, EVOTE_ADMIN_V1, out));
}

/* A request so answered was not carried out, nor will be: see evote.x. */
static int
standing_say(struct client *c, const evote_answer *answer, const char *what)
{
	const char *host = answer->host;

	switch (answer->standing) {
	case EVOTE_NOT_PRIMARY:
		if (host[0] != '\0')
			return (say_declined(c, answer,
			    "%s: this host is not the primary. Run it on %s",
			    what, host));
		/* FALLTHROUGH */
	case EVOTE_NOT_SERVING:
		if (host[0] == '\0')
			return (say_declined(c, answer,
			    "%s: no host serves now. See `status`", what));
		return (say_declined(c, answer,
		    "%s: no host serves now. Start %s if it is down; else see "
		    "`status`",
		    what, host));
	case EVOTE_TRY_AGAIN:
		return (say_declined(c, answer,
		    "%s: this host has too much to do. Run the same command "
		    "again",
		    what));
	default:
		return (say_declined(
		    c, answer, "%s: this host cannot do that", what));
	}
}

static const char *
unanswered(enum clnt_stat stat)
{
	return (stat == RPC_SYSTEMERROR
		? "this host ceased to serve before the others confirmed it"
		: clnt_sperrno(stat));
}

static int
unanswered_say(struct client *c, enum admin_kind kind, enum clnt_stat stat,
    const char *what)
{
	if (kind == ADMIN_READS)
		return (say_unsent(c,
		    "%s: no answer (%s). Nothing was changed. Try again later",
		    what, unanswered(stat)));
	return (say_unknown(c,
	    "No answer (%s). The change may or may not have been made. %s",
	    unanswered(stat),
	    c->again != NULL ? c->again
			     : "Check `status`, or `voters` for the roll"));
}

int
admin_check(struct client *c, enum admin_kind kind, enum clnt_stat stat,
    const evote_answer *answer, const char *what)
{
	if (stat == RPC_AUTHERROR)
		return (say_usage(
		    c, "%s: %s", what, reason_of(EVOTE_R_FORBIDDEN)->sentence));
	if (stat == RPC_PROCUNAVAIL)
		return (say_usage(c,
		    "%s: the server runs an older version of evote, which does "
		    "not know this. Upgrade it",
		    what));
	if (stat != RPC_SUCCESS)
		return (unanswered_say(c, kind, stat, what));
	if (answer->standing != EVOTE_SERVED)
		return (standing_say(c, answer, what));
	if (answer->code != 0)
		return (say_refused(c, answer, "%s", what));
	return (-1);
}

static int
call(struct client *c, enum admin_kind kind, rpcproc_t number, xdrproc_t xargs,
    void *args, xdrproc_t xres, void *res, const char *what)
{
	const struct timeval unused = {0, 0};
	enum clnt_stat stat;
	CLIENT *client;
	int status;

	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	stat = clnt_call(client, number, xargs, args, xres, res, unused);
	clnt_destroy(client);
	return (admin_check(c, kind, stat, res, what));
}

int
admin_call(struct client *c, rpcproc_t number, xdrproc_t xargs, void *args,
    xdrproc_t xres, void *res, const char *what)
{
	return (call(c, ADMIN_CHANGES, number, xargs, args, xres, res, what));
}

int
admin_read(struct client *c, rpcproc_t number, xdrproc_t xargs, void *args,
    xdrproc_t xres, void *res, const char *what)
{
	return (call(c, ADMIN_READS, number, xargs, args, xres, res, what));
}

void
admin_doubt(const struct client *c, const struct host *h)
{
	int loopback = hosts_is_loopback(h);

	if (c->json != NULL)
		json_flag(c->json, "loopback", loopback);
	else if (loopback)
		say_aside("Warning: %s is at %s, where every machine finds "
			  "itself. Unless all hosts are on one machine, give "
			  "an address that the others reach as well.",
		    h->name, h->address);
}

int
admin_clock(struct client *c, uint64_t *now, const char *what)
{
	evote_status_res res = {0};
	enum clnt_stat stat;
	CLIENT *client;
	int status = open_at(c, EVOTE_PROG, EVOTE_V1, &client);

	if (status >= 0)
		return (status);
	stat = evote_status_1(NULL, &res, client);
	clnt_destroy(client);
	status = admin_check(c, ADMIN_READS, stat, &res.answer, what);
	*now = res.clock;
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	return (status);
}

int
admin_lives(
    struct client *c, unsigned first, evote_lives_res *res, const char *what)
{
	evote_list_args args = {.first = first};
	enum clnt_stat stat;
	CLIENT *client;
	int status;

	memset(res, 0, sizeof(*res));
	if ((status = open_at(c, EVOTE_PROG, EVOTE_V1, &client)) >= 0)
		return (status);
	stat = evote_list_lives_1(&args, res, client);
	clnt_destroy(client);
	return (admin_check(c, ADMIN_READS, stat, &res->answer, what));
}

int
admin_life(struct client *c, const char *election, evote_life_res *res,
    const char *what)
{
	evote_named_args args = {.election = (char *)election};
	enum clnt_stat stat;
	CLIENT *client;
	int status = open_at(c, EVOTE_PROG, EVOTE_V1, &client);

	if (status >= 0)
		return (status);
	stat = evote_get_life_1(&args, res, client);
	clnt_destroy(client);
	return (admin_check(c, ADMIN_READS, stat, &res->answer, what));
}
