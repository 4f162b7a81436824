#include "client/lib/handle.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/now.h"
#include "common/text.h"

enum evote_outcome
handle_fail(struct evote *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->problem, sizeof(e->problem), fmt, ap);
	va_end(ap);
	/* A host's own words may be among them. */
	text_harmless(e->problem);
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
	return (route_endpoints(e->route)->shown[host]);
}

uint64_t
handle_now(const struct evote *e)
{
	return (now_ms() - e->waited_ms);
}

uint64_t
handle_until(const struct evote *e, uint64_t deadline_ms)
{
	return (deadline_ms + e->waited_ms);
}

uint64_t
handle_by(const struct evote *e, uint64_t timeout_ms)
{
	uint64_t deadline_ms = handle_now(e) + timeout_ms;

	return (e->until_ms != 0 && e->until_ms < deadline_ms ? e->until_ms
							      : deadline_ms);
}

uint64_t
handle_deadline(const struct evote *e)
{
	return (handle_by(e, e->options.timeout_ms));
}

void
handle_waited(struct evote *e, uint64_t since_ms)
{
	e->waited_ms += now_ms() - since_ms;
}

void
evote_within(struct evote *e, uint64_t ms)
{
	e->until_ms = handle_now(e) + (ms != 0 ? ms : e->options.timeout_ms);
}

uint64_t
evote_left_ms(const struct evote *e)
{
	uint64_t now = handle_now(e), until_ms = handle_deadline(e);

	return (until_ms > now ? until_ms - now : 0);
}

/* A passphrase is asked for once: the key stays open. */
static int
signer_ready(struct evote *e)
{
	const char *key = e->options.key;
	char pass[PASSPHRASE_MAX] = "", *given = NULL;
	uint64_t began_ms = now_ms();

	if (e->signer != NULL)
		return (0);
	if (key == NULL) {
		handle_fail(e, "no private key is given");
		return (-1);
	}
	if (e->options.passphrase != NULL && signer_is_locked(key)) {
		given = pass;
		if (e->options.passphrase(e->options.arg, key, pass,
			sizeof(pass), e->problem, sizeof(e->problem)) != 0)
			return (-1);
		handle_waited(e, began_ms);
	}
	e->signer = signer_unlock(key, given, e->problem, sizeof(e->problem));
	explicit_bzero(pass, sizeof(pass));
	return (e->signer != NULL ? 0 : -1);
}

int
evote_key(struct evote *e, unsigned char public[SEAL_KEY])
{
	e->problem[0] = '\0';
	if (signer_ready(e) != 0)
		return (-1);
	signer_public(e->signer, public);
	return (0);
}

int
handle_sign(
    struct evote *e, unsigned char sig[SEAL_SIG], const void *msg, size_t len)
{
	if (signer_ready(e) != 0)
		return (-1);
	return (signer_sign(
	    e->signer, sig, msg, len, e->problem, sizeof(e->problem)));
}

enum evote_outcome
evote_may_count(struct evote *e)
{
	if (e->ahead <= (int64_t)(EVOTE_AHEAD_S * 1000000ULL))
		return (EVOTE_ANSWERED);
	return (handle_fail(e,
	    "this computer's clock is more than a day behind the service's, so "
	    "that a span cannot be counted; set this clock, or give the time "
	    "itself, as in 2026-12-01T18:00:00+01:00"));
}
