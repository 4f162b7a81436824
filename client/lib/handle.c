#include "client/lib/handle.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/now.h"

enum evote_outcome
handle_fail(struct evote *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->problem, sizeof(e->problem), fmt, ap);
	va_end(ap);
	return (EVOTE_FAILED);
}

const char *
evote_host_name(const struct evote *e, int i)
{
	return (i >= 0 && i < e->hosts.n ? e->hosts.list[i].name : NULL);
}

const char *
evote_served_by(const struct evote *e)
{
	return (evote_host_name(e, route_host(e->route, NULL)));
}

const char *
evote_pin(const struct evote *e, int host)
{
	return (route_reach(e->route)->shown[host]);
}

uint64_t
handle_deadline(const struct evote *e)
{
	return (now_ms() + e->options.timeout_ms);
}

int
handle_sign(
    struct evote *e, unsigned char sig[SEAL_SIG], const void *msg, size_t len)
{
	if (e->signer == NULL && e->options.key == NULL) {
		handle_fail(e, "no private key is given");
		return (-1);
	}
	if (e->signer == NULL)
		e->signer =
		    signer_open(e->options.key, e->problem, sizeof(e->problem));
	if (e->signer == NULL)
		return (-1);
	return (signer_sign(
	    e->signer, sig, msg, len, e->problem, sizeof(e->problem)));
}
