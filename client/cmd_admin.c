#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/await.h"
#include "client/cmd.h"
#include "client/lib/reason.h"
#include "client/say.h"
#include "common/hosts.h"
#include "common/number.h"
#include "common/rpc/caller.h"
#include "common/text.h"

#define TIMEOUT_MS 30000

int
admin_open(struct client *c, CLIENT **out)
{
	uint64_t ms = c->options.timeout_ms;
	uint64_t deadline_ms = caller_now_ms() + (ms != 0 ? ms : TIMEOUT_MS);
	char err[400];

	if (c->admin == NULL)
		return (say_usage(c,
		    "this is for operators; name the server's socket on this "
		    "machine, as --admin /run/evote/admin.sock"));
	*out = caller_unix(c->admin, EVOTE_ADMIN_PROG, EVOTE_ADMIN_V1,
	    deadline_ms, err, sizeof(err));
	if (*out == NULL)
		return (say_unknown(c,
		    "Nothing was done: %s; the server has to run here, with "
		    "this admin-socket, and the caller to be its user or root",
		    err));
	caller_deadline(*out, deadline_ms);
	return (-1);
}

/* Requests here have no number: this one was not carried out, nor will be. */
static int
standing_say(struct client *c, const evote_answer *answer, const char *what)
{
	const char *host = answer->host[0] != '\0' ? answer->host : "unknown";

	switch (answer->standing) {
	case EVOTE_NOT_PRIMARY:
		return (say_declined(c, answer,
		    "%s: this host is not the primary, run it on host %s", what,
		    host));
	case EVOTE_NOT_SERVING:
		return (say_declined(c, answer,
		    "%s: no host serves now, awaited is host %s", what, host));
	default:
		return (say_declined(
		    c, answer, "%s: the host is not able to", what));
	}
}

int
admin_check(struct client *c, enum clnt_stat stat, const evote_answer *answer,
    const char *what)
{
	if (stat == RPC_AUTHERROR)
		return (say_usage(
		    c, "%s: %s", what, reason_of(EVOTE_R_FORBIDDEN)->sentence));
	if (stat != RPC_SUCCESS)
		return (say_unknown(c,
		    "%s, or it is not known: the server did not answer (%s)",
		    what, clnt_sperrno(stat)));
	if (answer->standing != EVOTE_SERVED)
		return (standing_say(c, answer, what));
	if (answer->code != 0)
		return (say_refused(c, answer, "%s", what));
	return (-1);
}

/* ---- handover ---- */

static int
is_handed(const evote_status_res *s, const struct await *a)
{
	return (strcmp(s->primary, a->what) == 0);
}

static int
run_handover(struct client *c, int argc, char **argv)
{
	evote_answer answer = {0};
	enum clnt_stat stat;
	CLIENT *client;
	evote_host host;
	char what[200];
	int status;

	if ((status = cmd_args(c, &cmd_handover, argc, argv, 1, 1)) >= 0)
		return (status);
	host = argv[optind];
	if (strlen(host) > EVOTE_HOST_MAX)
		return (say_usage(c, "that is not the name of a host"));
	if ((status = admin_open(c, &client)) >= 0)
		return (status);
	snprintf(what, sizeof(what), "The service was not handed to %s", host);
	stat = evote_handover_1(&host, &answer, client);
	status = admin_check(c, stat, &answer, what);
	if (status < 0)
		status = await(c,
		    &(struct await){is_handed, answer.stamp.epoch, host}, what);
	if (status < 0)
		status = say_done(c, "The service is handed to %s", host);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_handover = {
    "handover",
    "HOST",
    "Hands the service to another host that is in sync (--admin).",
    run_handover,
};

/* ---- arbiter ---- */

/* "witness w=host:port", and for an etcd a key that was not named besides. */
static int
is_arbiter(const evote_status_res *s, const struct await *a)
{
	size_t n = strlen(a->what);

	return (strncmp(s->arbiter, a->what, n) == 0 &&
	    (s->arbiter[n] == '\0' || s->arbiter[n] == ' '));
}

/*
 * A file of this machine is read here: every host would read its own.  `where`
 * has room for EVOTE_TEXT_MAX bytes.
 */
static int
witness_resolve(struct client *c, char *where)
{
	struct hosts hosts;
	struct host *h = &hosts.list[0];
	char err[400];

	if (where[0] != '@')
		return (-1);
	if (hosts_parse(where, &hosts, err, sizeof(err)) == -1)
		return (say_usage(c, "The arbiter was not changed: %s", err));
	if (hosts.n != 1 || h->port == 0)
		return (say_usage(c,
		    "The arbiter was not changed: %s names %d hosts, and one "
		    "NAME=HOST:PORT is a witness",
		    where + 1, hosts.n));
	snprintf(where, EVOTE_TEXT_MAX + 1,
	    strchr(h->address, ':') != NULL ? "%s=[%s]:%d" : "%s=%s:%d",
	    h->name, h->address, h->port);
	return (-1);
}

/* What stands after the kind; one argument, or for etcd a key besides. */
static int
arbiter_named(evote_arbiter_args *args, char *where, int n, char **words)
{
	if (n == 1 && strcmp(words[0], "none") == 0)
		args->kind = EVOTE_ARBITER_NONE;
	else if (n == 2 && strcmp(words[0], "witness") == 0)
		args->kind = EVOTE_ARBITER_WITNESS;
	else if ((n == 2 || n == 3) && strcmp(words[0], "etcd") == 0)
		args->kind = EVOTE_ARBITER_ETCD;
	else
		return (-1);
	args->where = where;
	return (
	    snprintf(where, EVOTE_TEXT_MAX + 1, "%s%s%s", n > 1 ? words[1] : "",
		n > 2 ? " " : "", n > 2 ? words[2] : "") <= EVOTE_TEXT_MAX
		? 0
		: -1);
}

/* `where` has room for EVOTE_TEXT_MAX bytes. */
static int
arbiter_read(struct client *c, evote_arbiter_args *args, char *where, int argc,
    char **argv)
{
	static const struct option options[] = {
	    {"replace-dead", no_argument, NULL, 'r'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int o;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o == 'h')
			return (cmd_help(&cmd_arbiter));
		if (o != 'r')
			return (cmd_usage(c, &cmd_arbiter));
		args->replace_dead = 1;
	}
	if (arbiter_named(args, where, argc - optind, argv + optind) == -1)
		return (cmd_usage(c, &cmd_arbiter));
	return (args->kind == EVOTE_ARBITER_WITNESS ? witness_resolve(c, where)
						    : -1);
}

/* Waits, and tells that it is done. */
static int
arbiter_await(struct client *c, const evote_arbiter_args *args, uint64_t epoch)
{
	static const char *const kinds[] = {"none", "witness ", "etcd "};
	char want[EVOTE_TEXT_MAX + 16];
	int status;

	snprintf(want, sizeof(want), "%s%s", kinds[args->kind], args->where);
	status = await(c, &(struct await){is_arbiter, epoch, want},
	    "The arbiter was not changed");
	return (
	    status >= 0 ? status : say_done(c, "The arbiter is now: %s", want));
}

static int
run_arbiter(struct client *c, int argc, char **argv)
{
	char where[EVOTE_TEXT_MAX + 1];
	evote_arbiter_args args = {0};
	evote_answer answer = {0};
	enum clnt_stat stat;
	CLIENT *client;
	int status;

	if ((status = arbiter_read(c, &args, where, argc, argv)) >= 0 ||
	    (status = admin_open(c, &client)) >= 0)
		return (status);
	stat = evote_set_arbiter_1(&args, &answer, client);
	status = admin_check(c, stat, &answer, "The arbiter was not changed");
	if (status < 0)
		status = arbiter_await(c, &args, answer.stamp.epoch);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_arbiter = {
    "arbiter",
    "none | witness NAME=HOST:PORT | etcd URL[,URL...] [KEY] "
    "[--replace-dead]",
    "Who decides which hosts count when they do not hear each other (--admin).",
    run_arbiter,
};

/* ---- promote ---- */

struct promotion {
	int force;
	evote_promote_args args;
	const char *epoch;
};

static int
promotion_read(struct client *c, struct promotion *p, int argc, char **argv)
{
	static const struct option options[] = {
	    {"force", no_argument, NULL, 'f'},
	    {"epoch", required_argument, NULL, 'e'},
	    {"accept-loss", no_argument, NULL, 'a'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	uint64_t epoch;
	int ch;

	while ((ch = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (ch) {
		case 'f':
			p->force = 1;
			break;
		case 'e':
			p->epoch = optarg;
			break;
		case 'a':
			p->args.accept_loss = TRUE;
			break;
		case 'h':
			return (cmd_help(&cmd_promote));
		default:
			return (cmd_usage(c, &cmd_promote));
		}
	if (!p->force || p->epoch == NULL)
		return (say_usage(c,
		    "promoting by force may lose votes that were accepted: "
		    "with --force and --epoch (the one that status shows) it "
		    "is told what, with --accept-loss besides it is done"));
	if (number_read(p->epoch, 0, UINT64_MAX, &epoch) != 0)
		return (say_usage(c, "--epoch %s: not a number", p->epoch));
	p->args.epoch = epoch;
	return (cmd_count(c, &cmd_promote, argc, 0, 0));
}

static int
is_primary(const evote_status_res *s, const struct await *a)
{
	return (s->role == EVOTE_PRIMARY && s->forced_epoch > a->epoch);
}

static int
run_promote(struct client *c, int argc, char **argv)
{
	struct promotion p = {0};
	evote_answer answer = {0};
	enum clnt_stat stat;
	CLIENT *client;
	int status;

	if ((status = promotion_read(c, &p, argc, argv)) >= 0 ||
	    (status = admin_open(c, &client)) >= 0)
		return (status);
	stat = evote_promote_1(&p.args, &answer, client);
	status =
	    admin_check(c, stat, &answer, "This host was not made primary");
	if (status < 0)
		status = await(c, &(struct await){is_primary, p.args.epoch, ""},
		    "This host was not made primary");
	if (status < 0) {
		text_harmless(answer.text);
		status = say_done(c,
		    "This host was made primary by force, and nothing that "
		    "only others had accepted is part of the election any "
		    "more: %s",
		    answer.text);
	}
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_promote = {
    "promote",
    "--force --epoch E [--accept-loss]",
    "Makes this host primary although its peer may have accepted more; "
    "without\n"
    "      --accept-loss it only tells what may be lost (--admin).",
    run_promote,
};
