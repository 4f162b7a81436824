#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/await.h"
#include "client/cmd.h"
#include "client/say.h"
#include "common/hosts.h"
#include "common/number.h"

/* ---- handover ---- */

static int
is_handed(const evote_status_res *s, const struct await *a)
{
	return (strcmp(s->primary, a->what) == 0);
}

static int
run_handover(struct client *c, void *own, int argc, char **argv)
{
	evote_answer answer = {0};
	evote_host host = argv[0];
	char what[200];
	int status;

	if (strlen(host) > EVOTE_HOST_MAX)
		return (say_usage(
		    c, "that is not the name of a host; `hosts` shows them"));
	snprintf(what, sizeof(what), "The service was not handed to %s", host);
	status = admin_call(c, EVOTE_HANDOVER, (xdrproc_t)xdr_evote_host, &host,
	    (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0)
		status = await(c,
		    &(struct await){is_handed, answer.stamp.epoch, host, NULL,
			EVOTE_ALARM_ARBITER},
		    what);
	if (status < 0)
		status = say_done(c, "The service is handed to %s", host);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

const struct command cmd_handover = {
    .name = "handover",
    .args = "HOST",
    .help = "Hands the service to another host that is in sync (--admin).",
    .run = run_handover,
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
 * A file of this machine is read here: every host would read its own, as it
 * would look for a loopback address on itself.  `where` has room for
 * EVOTE_TEXT_MAX bytes.
 */
static int
witness_resolve(struct client *c, char *where)
{
	struct hosts hosts;
	struct host *h = &hosts.list[0];
	char err[400];
	int rc = hosts_parse(where, &hosts, err, sizeof(err));

	if (rc == 0)
		admin_doubt(c, h);
	if (where[0] != '@')
		return (-1);
	if (rc == -1)
		return (say_usage(c, "The arbiter was not changed: %s", err));
	if (hosts.n != 1 || h->port == 0)
		return (say_usage(c,
		    "The arbiter was not changed: %s names %d hosts. Name one "
		    "witness, NAME=HOST:PORT",
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

/* Waits, and tells that it is done. */
static int
arbiter_await(struct client *c, const evote_arbiter_args *args, uint64_t epoch)
{
	static const char *const kinds[] = {"none", "witness ", "etcd "};
	static const char needs[] =
	    "The old arbiter, if there is one, has to answer, and so has the "
	    "new one. If the old one never will, add --replace-dead";
	char want[EVOTE_TEXT_MAX + 16];
	int status;

	snprintf(want, sizeof(want), "%s%s", kinds[args->kind], args->where);
	status = await(c,
	    &(struct await){
		is_arbiter, epoch, want, needs, EVOTE_ALARM_ARBITER},
	    "The arbiter was not changed");
	return (
	    status >= 0 ? status : say_done(c, "The arbiter is now: %s", want));
}

static const struct option_row arbiter_options[] = {
    {"replace-dead", NULL,
	"do not ask the old arbiter, which will never answer again",
	.at = offsetof(evote_arbiter_args, replace_dead)},
    {0},
};

static int
run_arbiter(struct client *c, void *own, int argc, char **argv)
{
	static const char what[] = "The arbiter was not changed";
	char where[EVOTE_TEXT_MAX + 1];
	evote_arbiter_args *args = own;
	evote_answer answer = {0};
	int status = -1;

	if (arbiter_named(args, where, argc, argv) == -1)
		return (cmd_usage(c, &cmd_arbiter));
	if (args->kind == EVOTE_ARBITER_WITNESS)
		status = witness_resolve(c, where);
	if (status < 0)
		status = admin_call(c, EVOTE_SET_ARBITER,
		    (xdrproc_t)xdr_evote_arbiter_args, args,
		    (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0)
		status = arbiter_await(c, args, answer.stamp.epoch);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

const struct command cmd_arbiter = {
    .name = "arbiter",
    .args = "none | witness NAME=HOST:PORT | etcd URL[,URL...] [KEY]",
    .help = "Names the arbiter, which decides which host goes on when the "
	    "hosts lose contact (--admin).",
    .size = sizeof(evote_arbiter_args),
    .options = arbiter_options,
    .run = run_arbiter,
};

/* ---- promote ---- */

struct promotion {
	int force, accept_loss;
	const char *epoch;
};

static const struct option_row promotion_options[] = {
    {"force", NULL, "needed, since votes that were accepted may be lost",
	.at = offsetof(struct promotion, force), .use = OPTION_MUST},
    {"epoch", "E", "the one that status shows for this host",
	.at = offsetof(struct promotion, epoch), .use = OPTION_MUST},
    {"accept-loss", NULL, "do it, instead of telling what may be lost",
	.at = offsetof(struct promotion, accept_loss)},
    {0},
};

static int
promotion_read(
    struct client *c, const struct promotion *p, evote_promote_args *args)
{
	uint64_t epoch;

	if (!p->force || p->epoch == NULL)
		return (say_usage(c,
		    "promoting by force may lose votes that were accepted. Add "
		    "--force --epoch E, with the epoch that status shows, to "
		    "see what may be lost; add --accept-loss to proceed"));
	if (number_read(p->epoch, 0, UINT64_MAX, &epoch) != 0)
		return (say_usage(c, "--epoch %s: not a number", p->epoch));
	args->epoch = epoch;
	args->accept_loss = p->accept_loss;
	return (-1);
}

static int
is_primary(const evote_status_res *s, const struct await *a)
{
	return (s->role == EVOTE_PRIMARY && s->forced_epoch > a->epoch);
}

static int
run_promote(struct client *c, void *own, int argc, char **argv)
{
	static const char what[] = "This host was not made primary";
	evote_promote_args args;
	evote_answer answer = {0};
	int status;

	if ((status = promotion_read(c, own, &args)) >= 0)
		return (status);
	status = admin_call(c, EVOTE_PROMOTE, (xdrproc_t)xdr_evote_promote_args,
	    &args, (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0)
		status = await(c,
		    &(struct await){
			is_primary, args.epoch, "", NULL, EVOTE_ALARM_HALTED},
		    what);
	if (status < 0)
		status = say_done(
		    c, "This host is now primary by force. %s", answer.text);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

const struct command cmd_promote = {
    .name = "promote",
    .help = "Makes this host primary although another may have accepted more "
	    "votes (--admin).",
    .size = sizeof(struct promotion),
    .options = promotion_options,
    .run = run_promote,
};
