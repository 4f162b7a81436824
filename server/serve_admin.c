#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hosts.h"
#include "common/log.h"
#include "common/need.h"
#include "common/text.h"
#include "replica/core/config.h"
#include "server/service.h"

/*
 * EVOTE_ADMIN, behind the local door only.  The kernel's word on who is at the
 * other end decides: root, or the user this server runs as.
 */
#define OPERATORS_ONLY "only root or the user the server runs as may do this"

static int
is_operator(struct svc_req *q)
{
	uint32_t uid, gid;
	int32_t pid;

	if (transport_ucred(q, &uid, &gid, &pid) == -1)
		return (0);
	if (uid == 0 || uid == geteuid())
		return (1);
	log_alarm("admin refused uid=%u pid=%d", uid, pid);
	return (0);
}

static void
say(struct svc_req *q, evote_answer *a, int code, evote_reason reason,
    const char *text)
{
	service_head(transport_arg(q), a);
	/* It is this host that answers, for itself. */
	a->standing = EVOTE_SERVED;
	a->code = code;
	a->reason = reason;
	free(a->text);
	a->text = need_copy(text);
}

/* Asks the service, or answers that the caller is no operator: code 2. */
static bool_t
ask(struct svc_req *q, enum ask what, void *args, void *result, size_t len)
{
	memset(result, 0, len);
	if (!is_operator(q)) {
		say(q, result, 2, EVOTE_R_FORBIDDEN, OPERATORS_ONLY);
		return (TRUE);
	}
	service_ask(transport_arg(q), what, args, q);
	return (FALSE);
}

bool_t
evote_admin_null_1_svc(void *args, void *result, struct svc_req *q)
{
	return (TRUE);
}

ASK(register, REGISTER, evote_register_args, evote_register_res)
ASK(unregister, UNREGISTER, evote_name, evote_answer)
ASK(unlock, UNLOCK, evote_name, evote_answer)
ASK(voters, VOTERS, evote_voters_args, evote_voters_res)
ASK(rekey, REKEY, evote_rekey_args, evote_rekey_res)
ASK(stage, STAGE, evote_stage_args, evote_stage_res)
ASK(commit, COMMIT, evote_commit, evote_answer)
ASK(roll_page, ROLL_PAGE, evote_roll_args, evote_roll_res)
ASK(settings, SETTINGS, evote_settings_args, evote_settings_res)
ASK(extend_any, EXTEND_ANY, evote_extension, evote_answer)
ASK(cancel_any, CANCEL_ANY, evote_cancellation, evote_answer)
ASK(open_any, OPEN_ANY, evote_terms, evote_answer)
ASK(preview_any, PREVIEW_ANY, evote_terms, evote_preview_res)

/* A witness that is a host, by its name or its address, decides nothing. */
static int
is_host(const struct core *core, const evote_arbiter *to)
{
	const evote_config *k = core_config(core);
	const char *at = strchr(to->where, '=');

	for (u_int i = 0; i < k->hosts.hosts_len; i++) {
		const evote_listed *h = &k->hosts.hosts_val[i];
		size_t len = strlen(h->name);

		if (strncmp(to->where, h->name, len) == 0 &&
		    to->where[len] == '=')
			return (1);
		if (at != NULL && strcasecmp(at + 1, h->address) == 0)
			return (1);
	}
	return (0);
}

/* What an order to the core came to: code 0 begun, 1 not possible now. */
static bool_t
ordered(struct svc_req *q, evote_answer *result, const char *why)
{
	say(q, result, why != NULL,
	    why == NULL ? EVOTE_R_OK : EVOTE_R_NOT_POSSIBLE,
	    why == NULL ? "" : why);
	return (TRUE);
}

/* An order that only the primary takes: a host that knows it names it. */
static bool_t
primary_ordered(struct svc_req *q, evote_answer *result, const char *why)
{
	const struct server *s = transport_arg(q);
	const char *host;

	if (why == NULL || core_standing(s->core, &host) != EVOTE_NOT_PRIMARY)
		return (ordered(q, result, why));
	say(q, result, EVOTE_CODE_NONE, EVOTE_R_OK, "");
	result->standing = EVOTE_NOT_PRIMARY;
	return (TRUE);
}

bool_t
evote_handover_1_svc(evote_host *args, evote_answer *result, struct svc_req *q)
{
	struct server *s = transport_arg(q);

	memset(result, 0, sizeof(*result));
	if (!is_operator(q))
		return (ordered(q, result, OPERATORS_ONLY));
	log_info("admin handover=%s", *args);
	return (primary_ordered(q, result, core_handover(s->core, *args)));
}

bool_t
evote_promote_1_svc(
    evote_promote_args *args, evote_answer *result, struct svc_req *q)
{
	struct server *s = transport_arg(q);
	char loss[EVOTE_TEXT_MAX - 200], lost[sizeof(loss)];
	char text[EVOTE_TEXT_MAX + 1];
	const char *why;

	memset(result, 0, sizeof(*result));
	if (!is_operator(q))
		return (ordered(q, result, OPERATORS_ONLY));
	core_loss(s->core, 0, loss, sizeof(loss));
	log_alarm("admin promote epoch=%llu accept_loss=%d loss=\"%s\"",
	    (unsigned long long)args->epoch, args->accept_loss, loss);
	core_loss(s->core, 1, lost, sizeof(lost));
	why = core_promote(s->core, args->epoch, args->accept_loss);
	if (why == NULL)
		say(q, result, 0, EVOTE_R_OK, lost);
	else if (args->accept_loss)
		ordered(q, result, why);
	else {
		snprintf(text, sizeof(text), "%s. %s", why, loss);
		ordered(q, result, text);
	}
	return (TRUE);
}

bool_t
evote_set_arbiter_1_svc(
    evote_arbiter_args *args, evote_answer *result, struct svc_req *q)
{
	const evote_arbiter to = {
	    .kind = (evote_arbiter_kind)args->kind, .where = args->where};
	struct server *s = transport_arg(q);
	char where[EVOTE_TEXT_MAX + 1], err[256];
	evote_stamp stamp;

	memset(result, 0, sizeof(*result));
	if (!is_operator(q))
		return (ordered(q, result, OPERATORS_ONLY));
	core_stamp(s->core, &stamp);
	if (arbiter_check(&to, stamp.cluster, where, err, sizeof(err)) == -1)
		return (ordered(q, result, err));
	if (to.kind == EVOTE_ARBITER_WITNESS && is_host(s->core, &to))
		return (ordered(q, result,
		    "that is a host of the cluster. A witness is a third "
		    "server, with a name of its own"));
	log_info("admin arbiter=%d where=\"%s\" replace_dead=%d", args->kind,
	    where, args->replace_dead);
	return (primary_ordered(q, result,
	    core_arbiter(s->core, to.kind, where, args->replace_dead)));
}

/* ---- hosts ---- */

/* Whether another host is there, and stays. */
static int
is_taken(const struct core *core, const char *name, const char *address)
{
	const evote_config *k = core_config(core);

	for (u_int i = 0; i < k->hosts.hosts_len; i++) {
		const evote_listed *h = &k->hosts.hosts_val[i];

		if (!h->leaving && strcmp(h->name, name) != 0 &&
		    strcasecmp(h->address, address) == 0)
			return (1);
	}
	return (0);
}

/* NULL when begun, or nothing is to be done; else why not. */
static const char *
hosts_order(struct core *core, const evote_hosts_args *args, int *again)
{
	const u_int n = args->names.names_len;
	char **names = args->names.names_val;
	struct host h;

	if (args->act == EVOTE_HOSTS_SHOW)
		return (NULL);
	for (u_int i = 0; i < n; i++)
		if (!text_is_name(names[i], EVOTE_HOST_MAX))
			return ("that is not the name of a host");
	if (args->act == EVOTE_HOSTS_PREFER && n > 0)
		return (core_prefer(
		    core, (const char *const *)names, (int)n, again));
	if (args->act == EVOTE_HOSTS_REMOVE && n == 1)
		return (core_remove_host(core, names[0], again));
	if (args->act == EVOTE_HOSTS_ADD && n == 1 &&
	    hosts_read(names[0], args->address, &h) == 0)
		return (is_taken(core, names[0], args->address)
			? "another host of the cluster has that address"
			: core_add_host(core, names[0], args->address, again));
	return ("that is not a change of the hosts");
}

static void
hosts_tell(const struct core *core, evote_hosts_res *res)
{
	evote_config k;

	config_copy(&k, core_config(core));
	res->hosts.hosts_val = k.hosts.hosts_val;
	res->hosts.hosts_len = k.hosts.hosts_len;
	k.hosts.hosts_val = NULL;
	k.hosts.hosts_len = 0;
	config_clear(&k);
}

bool_t
evote_hosts_1_svc(
    evote_hosts_args *args, evote_hosts_res *result, struct svc_req *q)
{
	struct server *s = transport_arg(q);
	const char *why;
	int again = 0;

	memset(result, 0, sizeof(*result));
	if (!is_operator(q))
		return (ordered(q, &result->answer, OPERATORS_ONLY));
	why = hosts_order(s->core, args, &again);
	if (args->act != EVOTE_HOSTS_SHOW)
		log_info("admin hosts=%d name=%s address=\"%s\" why=\"%s\"",
		    args->act,
		    args->names.names_len > 0 ? args->names.names_val[0] : "",
		    args->address, why == NULL ? "" : why);
	primary_ordered(q, &result->answer, why);
	if (again) {
		result->answer.standing = EVOTE_TRY_AGAIN;
		result->answer.code = EVOTE_CODE_NONE;
	}
	hosts_tell(s->core, result);
	return (TRUE);
}

int
evote_admin_prog_1_freeresult(SVCXPRT *xprt, xdrproc_t proc, caddr_t result)
{
	xdr_free(proc, result);
	return (TRUE);
}
