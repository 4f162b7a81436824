#include <string.h>

#include "replica/arbiter/witness.h"
#include "replica/core/config.h"

static int
from_primary(const struct witness *w, const char *from)
{
	return (strcmp(config_name(&w->k, w->k.primary), from) == 0);
}

int
witness_serves_another(const struct witness *w, const evote_decide *d)
{
	return (d->next != NULL && !config_id_zero(w->k.cluster) &&
	    !config_id_equal(w->k.cluster, d->next->cluster));
}

/*
 * The same configuration is asked for again when an answer was lost.  Another
 * one under the same epoch is its author's, who has forgotten it by a crash: he
 * learns of it.
 */
static evote_verdict
judge(const struct witness *w, const char *from, uint64_t now_ms,
    const evote_decide *d)
{
	const evote_config *k = &w->k;
	int blank = config_id_zero(k->cluster);

	if (blank && !d->install)
		return (EVOTE_BLANK);
	if (d->next == NULL)
		return (EVOTE_CONFLICT);
	if (witness_serves_another(w, d) ||
	    (!blank && d->next->epoch < k->epoch))
		return (EVOTE_CONFLICT);
	if (d->next->epoch == k->epoch)
		return (
		    config_equal(d->next, k) ? EVOTE_GRANTED : EVOTE_CONFLICT);
	if (d->install)
		return (EVOTE_GRANTED);
	if (d->expected != k->epoch)
		return (EVOTE_CONFLICT);
	if (!from_primary(w, from) && !d->dead &&
	    now_ms - w->heard_ms < w->deny_ms)
		return (EVOTE_DENIED);
	return (EVOTE_GRANTED);
}

int
witness_decide(struct witness *w, const char *from, uint64_t now_ms,
    const evote_decide *d, evote_decided *out)
{
	int changed = 0;

	out->verdict = judge(w, from, now_ms, d);
	if (out->verdict == EVOTE_GRANTED && d->next->epoch != w->k.epoch) {
		config_clear(&w->k);
		config_copy(&w->k, d->next);
		changed = 1;
	}
	if (from_primary(w, from))
		w->heard_ms = now_ms;
	config_copy(&out->config, &w->k);
	return (changed);
}
