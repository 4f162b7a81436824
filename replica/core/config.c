#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/record.h"
#include "replica/core/config.h"

static void
members_copy(evote_member **to, u_int *n, const evote_member *from, u_int len)
{
	*to = need_zeroed(EVOTE_HOSTS_MAX, sizeof(**to));
	for (u_int i = 0; i < len; i++) {
		(*to)[i] = from[i];
		(*to)[i].name = need_copy(from[i].name);
	}
	*n = len;
}

static void
listed_set(evote_listed *to, const evote_listed *from)
{
	*to = *from;
	to->name = need_copy(from->name);
	to->address = need_copy(from->address);
}

static void
listed_clear(evote_listed *h)
{
	free(h->name);
	free(h->address);
}

static void
listed_copy(evote_config *to, const evote_config *from)
{
	evote_listed *all = need_zeroed(EVOTE_HOSTS_MAX, sizeof(*all));

	for (u_int i = 0; i < from->hosts.hosts_len; i++)
		listed_set(&all[i], &from->hosts.hosts_val[i]);
	to->hosts.hosts_val = all;
	to->hosts.hosts_len = from->hosts.hosts_len;
}

void
config_copy(evote_config *to, const evote_config *from)
{
	evote_config c = *from;

	members_copy(&c.in_sync.in_sync_val, &c.in_sync.in_sync_len,
	    from->in_sync.in_sync_val, from->in_sync.in_sync_len);
	members_copy(&c.barred.barred_val, &c.barred.barred_len,
	    from->barred.barred_val, from->barred.barred_len);
	listed_copy(&c, from);
	c.arbiter.where = need(
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
	for (u_int i = 0; i < c->hosts.hosts_len; i++)
		listed_clear(&c->hosts.hosts_val[i]);
	free(c->hosts.hosts_val);
	free(c->arbiter.where);
	memset(c, 0, sizeof(*c));
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
config_id_fits(const void *named, const void *id)
{
	return (config_id_zero(named) || config_id_equal(named, id));
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
	m->name = need_copy(name);
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
	evote_listed *h;

	if (i < 0)
		return;
	if ((h = config_host(c, m[i].name)) != NULL && h->leaving)
		config_host_remove(c, m[i].name);
	free(m[i].name);
	m[i] = m[--c->in_sync.in_sync_len];
}

void
config_arbiter(evote_config *c, evote_arbiter_kind kind, const char *where)
{
	free(c->arbiter.where);
	c->arbiter.kind = kind;
	c->arbiter.where = need_copy(where);
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

/* ---- hosts ---- */

evote_listed *
config_host(const evote_config *c, const char *name)
{
	for (u_int i = 0; i < c->hosts.hosts_len; i++)
		if (strcmp(c->hosts.hosts_val[i].name, name) == 0)
			return (&c->hosts.hosts_val[i]);
	return (NULL);
}

int
config_listed(const evote_config *c, const char *name)
{
	const evote_listed *h = config_host(c, name);

	return (c->hosts.hosts_len == 0 || (h != NULL && !h->leaving));
}

static int
number_taken(const evote_config *c, u_int number)
{
	for (u_int i = 0; i < c->hosts.hosts_len; i++)
		if (c->hosts.hosts_val[i].number == number)
			return (1);
	return (0);
}

void
config_host_add(evote_config *c, const char *name, const char *address)
{
	evote_listed *old = config_host(c, name);
	evote_listed h = {.name = (char *)name, .address = (char *)address};

	if (old != NULL) {
		h.number = old->number;
		listed_clear(old);
		listed_set(old, &h);
		return;
	}
	assert(c->hosts.hosts_len < EVOTE_HOSTS_MAX);
	while (number_taken(c, h.number))
		h.number++;
	listed_set(&c->hosts.hosts_val[c->hosts.hosts_len++], &h);
}

void
config_host_remove(evote_config *c, const char *name)
{
	evote_listed *h = config_host(c, name);
	u_int left;

	if (h == NULL)
		return;
	listed_clear(h);
	left = (u_int)(&c->hosts.hosts_val[--c->hosts.hosts_len] - h);
	memmove(h, h + 1, left * sizeof(*h));
}

void
config_prefer(evote_config *c, const char *const *names, int n)
{
	evote_listed *all = c->hosts.hosts_val, moved, *h;

	while (n-- > 0) {
		if ((h = config_host(c, names[n])) == NULL)
			continue;
		moved = *h;
		memmove(all + 1, all, (size_t)(h - all) * sizeof(*all));
		all[0] = moved;
	}
}

static int
hosts_sound(const evote_config *c)
{
	const evote_listed *h = c->hosts.hosts_val;

	for (u_int i = 0; i < c->hosts.hosts_len; i++) {
		if (h[i].number >= EVOTE_HOSTS_MAX || h[i].name[0] == '\0')
			return (0);
		for (u_int j = 0; j < i; j++)
			if (h[j].number == h[i].number ||
			    strcmp(h[j].name, h[i].name) == 0)
				return (0);
	}
	return (1);
}

int
config_known(const evote_config *c)
{
	return (
	    hosts_sound(c) && (unsigned)c->arbiter.kind <= EVOTE_ARBITER_ETCD);
}
