#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "record.h"

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return (p);
}

static void
members_copy(evote_member **to, u_int *n, const evote_member *from, u_int len)
{
	*to = must(calloc(EVOTE_HOSTS_MAX, sizeof(**to)));
	for (u_int i = 0; i < len; i++) {
		(*to)[i] = from[i];
		(*to)[i].name = must(strdup(from[i].name));
	}
	*n = len;
}

void
config_copy(evote_config *to, const evote_config *from)
{
	evote_config c = *from;

	members_copy(&c.in_sync.in_sync_val, &c.in_sync.in_sync_len,
	    from->in_sync.in_sync_val, from->in_sync.in_sync_len);
	members_copy(&c.barred.barred_val, &c.barred.barred_len,
	    from->barred.barred_val, from->barred.barred_len);
	c.order.order_len = 0;
	c.order.order_val = NULL;
	config_order(&c, (const char *const *)from->order.order_val,
	    (int)from->order.order_len);
	c.arbiter.where = must(
	    strdup(from->arbiter.where == NULL ? "" : from->arbiter.where));
	*to = c;
}

static void
members_clear(evote_member *m, u_int n)
{
	for (u_int i = 0; i < n; i++)
		free(m[i].name);
	free(m);
}

void
config_clear(evote_config *c)
{
	members_clear(c->in_sync.in_sync_val, c->in_sync.in_sync_len);
	members_clear(c->barred.barred_val, c->barred.barred_len);
	for (u_int i = 0; i < c->order.order_len; i++)
		free(c->order.order_val[i]);
	free(c->order.order_val);
	free(c->arbiter.where);
	memset(c, 0, sizeof(*c));
}

int
config_known(const evote_config *c)
{
	return ((unsigned)c->arbiter.kind <= EVOTE_ARBITER_ETCD);
}

int
config_id_equal(const void *a, const void *b)
{
	return (memcmp(a, b, sizeof(incarnation)) == 0);
}

int
config_id_zero(const void *id)
{
	static const incarnation zero;

	return (config_id_equal(id, zero));
}

static int
members_find(const evote_member *m, u_int n, const void *id)
{
	for (u_int i = 0; i < n; i++)
		if (config_id_equal(m[i].incarnation, id))
			return ((int)i);
	return (-1);
}

int
config_in_sync(const evote_config *c, const void *id)
{
	return (
	    members_find(c->in_sync.in_sync_val, c->in_sync.in_sync_len, id));
}

int
config_barred(const evote_config *c, const void *id)
{
	return (
	    members_find(c->barred.barred_val, c->barred.barred_len, id) >= 0);
}

int
config_equal(const evote_config *a, const evote_config *b)
{
	unsigned char *x, *y;
	long n = xdr_to_bytes((xdrproc_t)xdr_evote_config, a, &x);
	long m = xdr_to_bytes((xdrproc_t)xdr_evote_config, b, &y);
	int equal = n == m && n > 0 && memcmp(x, y, (size_t)n) == 0;

	if (n >= 0)
		free(x);
	if (m >= 0)
		free(y);
	return (equal);
}

int
config_alone(const evote_config *c, const void *id)
{
	return (c->in_sync.in_sync_len == 1 && config_in_sync(c, id) == 0);
}

const char *
config_name(const evote_config *c, const void *id)
{
	int i = config_in_sync(c, id);

	return (i < 0 ? "" : c->in_sync.in_sync_val[i].name);
}

static void
member_set(evote_member *m, const char *name, const void *id)
{
	m->name = must(strdup(name));
	memcpy(m->incarnation, id, sizeof(m->incarnation));
}

void
config_add(evote_config *c, const char *name, const void *id)
{
	config_remove(c, id);
	assert(c->in_sync.in_sync_len < EVOTE_HOSTS_MAX);
	member_set(&c->in_sync.in_sync_val[c->in_sync.in_sync_len++], name, id);
}

void
config_remove(evote_config *c, const void *id)
{
	evote_member *m = c->in_sync.in_sync_val;
	int i = config_in_sync(c, id);

	if (i < 0)
		return;
	free(m[i].name);
	m[i] = m[--c->in_sync.in_sync_len];
}

void
config_arbiter(evote_config *c, evote_arbiter_kind kind, const char *where)
{
	free(c->arbiter.where);
	c->arbiter.kind = kind;
	c->arbiter.where = must(strdup(where));
}

/* The list is bounded: the oldest gives way (its host was told long ago). */
void
config_bar(evote_config *c, const char *name, const void *id)
{
	evote_member *m = c->barred.barred_val;

	if (c->barred.barred_len == EVOTE_HOSTS_MAX) {
		free(m[0].name);
		memmove(m, m + 1, (EVOTE_HOSTS_MAX - 1) * sizeof(*m));
		c->barred.barred_len--;
	}
	member_set(&m[c->barred.barred_len++], name, id);
}

void
config_order(evote_config *c, const char *const *names, int n)
{
	for (u_int i = 0; i < c->order.order_len; i++)
		free(c->order.order_val[i]);
	free(c->order.order_val);
	c->order.order_val = must(calloc(EVOTE_HOSTS_MAX, sizeof(char *)));
	for (int i = 0; i < n; i++)
		c->order.order_val[i] = must(strdup(names[i]));
	c->order.order_len = (u_int)n;
}
