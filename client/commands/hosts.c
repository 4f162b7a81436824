#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/say.h"
#include "common/hosts.h"
#include "common/now.h"
#include "common/rpc/caller.h"

#define AGAIN_US    (100 * 1000)
#define PATIENCE_MS 10000 /* for a change to be decided */
#define LAST_MS	    1000  /* more, for the last answer */

/* What is asked for; the arguments point into the rest. */
struct order {
	evote_hosts_args args;
	struct hosts listed;
	char address[EVOTE_ADDRESS_MAX + 1];
	char was[EVOTE_ADDRESS_MAX + 1]; /* of a host that is added; "": new */
	int already;			 /* the list is so before */
	evote_host names[EVOTE_HOSTS_MAX];
};

/* ---- what the words say ---- */

static int
add_read(struct client *c, struct order *o, const char *word)
{
	char err[300];

	if (strchr(word, '=') == NULL || strchr(word, ',') != NULL ||
	    hosts_parse(word, &o->listed, err, sizeof(err)) != 0)
		return (say_usage(c, "\"%s\" is not NAME=HOST[:PORT]", word));
	admin_doubt(c, &o->listed.list[0]);
	hosts_write(&o->listed.list[0], o->address);
	o->names[0] = o->listed.list[0].name;
	o->args.names.names_len = 1;
	return (-1);
}

static int
names_read(struct client *c, struct order *o, char *words)
{
	u_int n = 0;

	for (char *w = strtok(words, ","); w != NULL; w = strtok(NULL, ",")) {
		if (n == EVOTE_HOSTS_MAX || strlen(w) > EVOTE_HOST_MAX)
			return (say_usage(c, "that is not a list of hosts"));
		for (u_int i = 0; i < n; i++)
			if (strcmp(o->names[i], w) == 0)
				return (say_usage(c,
				    "%s stands in the list twice; name each "
				    "host once",
				    w));
		o->names[n++] = w;
	}
	o->args.names.names_len = n;
	return (n > 0 ? -1 : cmd_usage(c, &cmd_hosts));
}

static int
order_read(struct client *c, struct order *o, int argc, char **argv)
{
	const char *what = argv[0];
	int status;

	o->args.names.names_val = o->names;
	o->args.address = o->address;
	if (argc == 0)
		return (-1);
	if (argc != 2)
		return (cmd_usage(c, &cmd_hosts));
	if (strcmp(what, "add") == 0) {
		o->args.act = EVOTE_HOSTS_ADD;
		return (add_read(c, o, argv[1]));
	}
	if (strcmp(what, "remove") == 0)
		o->args.act = EVOTE_HOSTS_REMOVE;
	else if (strcmp(what, "prefer") == 0)
		o->args.act = EVOTE_HOSTS_PREFER;
	else
		return (cmd_usage(c, &cmd_hosts));
	status = names_read(c, o, argv[1]);
	if (status < 0 && o->args.act == EVOTE_HOSTS_REMOVE &&
	    o->args.names.names_len != 1)
		return (cmd_usage(c, &cmd_hosts));
	return (status);
}

/* ---- asking ---- */

/* Is the list as it was to be? */
static int
is_done(const struct order *o, const evote_hosts_res *res)
{
	const evote_listed *h = res->hosts.hosts_val;
	u_int n = res->hosts.hosts_len, i;

	if (o->args.act == EVOTE_HOSTS_PREFER) {
		for (i = 0; i < o->args.names.names_len; i++)
			if (i >= n || strcmp(h[i].name, o->names[i]) != 0)
				return (0);
		return (1);
	}
	for (i = 0; i < n; i++)
		if (o->args.act != EVOTE_HOSTS_SHOW &&
		    strcmp(h[i].name, o->names[0]) == 0)
			return (o->args.act == EVOTE_HOSTS_ADD &&
			    !h[i].leaving &&
			    strcmp(h[i].address, o->address) == 0);
	return (o->args.act != EVOTE_HOSTS_ADD);
}

static int
ask(struct client *c, CLIENT *client, const struct order *o,
    evote_hosts_args *args, evote_hosts_res *res)
{
	enum clnt_stat stat;

	xdr_free((xdrproc_t)xdr_evote_hosts_res, res);
	memset(res, 0, sizeof(*res));
	stat = evote_hosts_1(args, res, client);
	if (stat == RPC_SUCCESS && res->answer.standing == EVOTE_TRY_AGAIN)
		return (-1);
	return (admin_check(c,
	    o->args.act == EVOTE_HOSTS_SHOW ? ADMIN_READS : ADMIN_CHANGES, stat,
	    &res->answer,
	    args->act == EVOTE_HOSTS_SHOW ? "The hosts were not shown"
					  : "The hosts were not changed"));
}

/* Whatever hinders this tells itself when the host is added. */
static void
list_learn(CLIENT *client, struct order *o)
{
	evote_hosts_args args = {
	    .act = EVOTE_HOSTS_SHOW, .address = (char *)""};
	evote_hosts_res res = {0};
	const evote_listed *h;

	if (evote_hosts_1(&args, &res, client) == RPC_SUCCESS) {
		o->already = is_done(o, &res);
		for (u_int i = 0; i < res.hosts.hosts_len; i++) {
			h = &res.hosts.hosts_val[i];
			if (strcmp(h->name, o->names[0]) == 0 && !h->leaving)
				snprintf(
				    o->was, sizeof(o->was), "%s", h->address);
		}
	}
	xdr_free((xdrproc_t)xdr_evote_hosts_res, &res);
}

/* Until the change is begun, and then until it is decided. */
static int
carry_out(
    struct client *c, CLIENT *client, struct order *o, evote_hosts_res *res)
{
	evote_hosts_args args = o->args;
	uint64_t end_ms = now_ms() + cmd_timeout_ms(c, PATIENCE_MS);
	int status;

	caller_deadline(client, end_ms + LAST_MS);
	while ((status = ask(c, client, o, &args, res)) < 0) {
		if (res->answer.standing == EVOTE_SERVED) {
			if (is_done(o, res))
				return (-1);
			args.act = EVOTE_HOSTS_SHOW;
		}
		if (now_ms() > end_ms && args.act == EVOTE_HOSTS_SHOW)
			return (say_unknown(c,
			    "The hosts were not changed yet. It was begun and "
			    "may still happen. Check it with `hosts`, and "
			    "what it waits for with `status`"));
		if (now_ms() > end_ms)
			return (say_declined(
			    c, &res->answer, "The hosts were not changed"));
		usleep(AGAIN_US);
	}
	return (status);
}

/* ---- telling ---- */

static void
hosts_say(struct client *c, const evote_hosts_res *res)
{
	cJSON *list = json_list(c->json, "hosts");

	for (u_int i = 0; i < res->hosts.hosts_len; i++) {
		const evote_listed *h = &res->hosts.hosts_val[i];
		cJSON *host;

		say_line(c, "%s=%s%s", h->name, h->address,
		    h->leaving ? "  (is leaving)" : "");
		host = json_item(list);
		json_text(host, "name", h->name);
		json_text(host, "address", h->address);
		json_flag(host, "leaving", h->leaving);
	}
}

static int
end_say(struct client *c, const struct order *o, const evote_hosts_res *res)
{
	switch (o->args.act) {
	case EVOTE_HOSTS_ADD:
		if (o->already)
			return (say_done(c,
			    "%s was a host of the cluster already, at %s; "
			    "nothing was changed",
			    o->names[0], o->was));
		if (o->was[0] != '\0')
			return (say_done(c,
			    "%s was a host of the cluster already: its address "
			    "was %s, and is %s now",
			    o->names[0], o->was, o->address));
		return (say_done(c,
		    "%s is a host of the cluster; start it there with the "
		    "cluster's key, and it joins",
		    o->names[0]));
	case EVOTE_HOSTS_REMOVE:
		return (say_done(c,
		    "%s is no host of the cluster any more; stop the server "
		    "there",
		    o->names[0]));
	case EVOTE_HOSTS_PREFER:
		if (o->already)
			return (say_done(c,
			    "The hosts were in that order already; nothing was "
			    "changed"));
		return (say_done(c,
		    "%s is the preferred host: it gets the service when it is "
		    "in sync, unless failback is manual. Put each host's own "
		    "list into the same order and restart its server: until "
		    "then it raises an alarm",
		    o->names[0]));
	default:
		return (say_done(c, "%u host%s, preferred first",
		    res->hosts.hosts_len,
		    res->hosts.hosts_len == 1 ? "" : "s"));
	}
}

static int
run_hosts(struct client *c, void *own, int argc, char **argv)
{
	struct order o = {.args.act = EVOTE_HOSTS_SHOW};
	evote_hosts_res res = {0};
	CLIENT *client;
	int status;

	if ((status = order_read(c, &o, argc, argv)) >= 0 ||
	    (status = admin_open(c, &client)) >= 0)
		return (status);
	if (o.args.act != EVOTE_HOSTS_SHOW)
		list_learn(client, &o);
	status = carry_out(c, client, &o, &res);
	if (status < 0) {
		hosts_say(c, &res);
		status = end_say(c, &o, &res);
	}
	xdr_free((xdrproc_t)xdr_evote_hosts_res, &res);
	clnt_destroy(client);
	return (status);
}

const struct command cmd_hosts = {
    .name = "hosts",
    .args = "[add NAME=HOST[:PORT] | remove NAME | prefer NAME,NAME,...]",
    .help = "Shows the hosts of the cluster, preferred first, or changes them "
	    "(--admin).",
    .run = run_hosts,
};
