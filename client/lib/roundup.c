#include "client/lib/roundup.h"

#include <stdlib.h>
#include <string.h>

#include "common/thread.h"

/* One host, the only one of its list. */
struct asked {
	pthread_t thread;
	int there;
	struct hosts list;
	struct endpoints way;
	uint64_t deadline_ms;
	int rc;
	evote_status_res res;
};

struct roundup {
	int n;
	struct asked hosts[EVOTE_HOSTS_MAX];
};

static void *
asked_run(void *arg)
{
	struct asked *a = arg;

	a->rc = endpoint_status(&a->way, 0, a->deadline_ms, &a->res);
	return (NULL);
}

static void
asked_start(
    struct asked *a, const struct endpoints *es, int host, uint64_t deadline_ms)
{
	a->list.n = 1;
	a->list.list[0] = es->hosts->list[host];
	a->deadline_ms = deadline_ms;
	endpoint_init(&a->way, &a->list);
	a->way.ports[0] = es->ports[host];
	a->way.plain = es->plain;
	a->way.tls_met = es->tls_met;
	memcpy(a->way.pin, es->pin, sizeof(a->way.pin));
	a->there = thread_start(&a->thread, asked_run, a) == 0;
}

struct roundup *
roundup_ask(const struct endpoints *es, uint64_t deadline_ms)
{
	struct roundup *r = calloc(1, sizeof(*r));
	int i;

	if (r == NULL)
		return (NULL);
	r->n = es->hosts->n;
	for (i = 0; i < r->n; i++)
		asked_start(&r->hosts[i], es, i, deadline_ms);
	for (i = 0; i < r->n; i++)
		if (r->hosts[i].there)
			pthread_join(r->hosts[i].thread, NULL);
	return (r);
}

void
roundup_free(struct roundup *r)
{
	int i;

	for (i = 0; r != NULL && i < r->n; i++)
		xdr_free((xdrproc_t)xdr_evote_status_res, &r->hosts[i].res);
	free(r);
}

/*
 * Another host may have shown meanwhile that the service has TLS, and which
 * pin: no pin is verified that was not expected.
 */
static int
is_outdated(const struct asked *a, const struct endpoints *es)
{
	if (strcmp(a->way.pin, es->pin) != 0)
		return (a->rc == 0 || a->way.shown[0][0] != '\0');
	return (a->rc == 0 && a->way.shown[0][0] == '\0' &&
	    a->way.tls_met != es->tls_met);
}

int
roundup_take(struct roundup *r, struct endpoints *es, int host, int *rc,
    evote_status_res *res)
{
	struct asked *a = &r->hosts[host];

	if (!a->there)
		return (0);
	a->there = 0;
	if (is_outdated(a, es))
		return (0);
	es->ports[host] = a->way.ports[0];
	es->silent_until[host] = a->way.silent_until[0];
	memcpy(es->why[host], a->way.why[0], sizeof(es->why[host]));
	memcpy(es->shown[host], a->way.shown[0], sizeof(es->shown[host]));
	if (a->rc == 0)
		es->greeting = a->way.greeting;
	es->tls_met |= a->way.tls_met;
	*rc = a->rc;
	*res = a->res;
	memset(&a->res, 0, sizeof(a->res));
	return (1);
}
