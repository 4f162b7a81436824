#include "common/rpc/source.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

void
sources_init(struct sources *all)
{
	int i, level;

	for (i = 0; i < SHARE_NR; i++)
		for (level = 0; level < SOURCE_LEVELS; level++)
			TAILQ_INIT(&all->levels[i][level]);
}

struct source_key
source_key(const struct sockaddr *sa)
{
	struct source_key key = {.family = (unsigned char)sa->sa_family};

	if (sa->sa_family == AF_INET)
		memcpy(key.bytes, &((const struct sockaddr_in *)sa)->sin_addr,
		    sizeof(struct in_addr));
	else if (sa->sa_family == AF_INET6)
		memcpy(key.bytes, &((const struct sockaddr_in6 *)sa)->sin6_addr,
		    sizeof(key.bytes));
	return (key);
}

static bool
key_is_host(const struct sources *all, const struct source_key *key)
{
	int i;

	for (i = 0; i < all->n_hosts && i < SOURCE_HOSTS_MAX; i++)
		if (memcmp(&all->hosts[i], key, sizeof(*key)) == 0)
			return (true);
	return (false);
}

struct source *
source_get(struct sources *all, const struct source_key *key)
{
	struct source *s;

	HASH_FIND(hh, all->table, key, sizeof(*key), s);
	if (s != NULL)
		return (s);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return (NULL);
	s->key = *key;
	s->host = key_is_host(all, key);
	TAILQ_INIT(&s->members[0]);
	TAILQ_INIT(&s->members[1]);
	TAILQ_INIT(&s->fresh);
	TAILQ_INIT(&s->more);
	TAILQ_INIT(&s->shakes);
	HASH_ADD(hh, all->table, key, sizeof(s->key), s);
	return (s);
}

void
source_drop(struct sources *all, struct source *s)
{
	HASH_DEL(all->table, s);
	free(s);
}

/* ---- who has most: each call looks at a few, however many there are ---- */

static int
bits(uint64_t n)
{
	return (n == 0 ? 0 : 64 - __builtin_clzll(n));
}

void
source_level(struct sources *all, struct source *s)
{
	const int now[] = {
	    [SHARE_PLACES] = bits((uint64_t)s->open),
	    [SHARE_MEMORY] = bits(s->bytes),
	};
	int i;

	for (i = 0; i < SHARE_NR; i++) {
		if (now[i] == s->level[i])
			continue;
		if (s->level[i] > 0)
			TAILQ_REMOVE(&all->levels[i][s->level[i]], s, equal[i]);
		if (now[i] > 0)
			TAILQ_INSERT_TAIL(&all->levels[i][now[i]], s, equal[i]);
		s->level[i] = now[i];
	}
}

static size_t
source_share(const struct source *s, enum share share)
{
	return (share == SHARE_PLACES ? (size_t)s->open : s->bytes);
}

int
sources_most(const struct sources *all, enum share share,
    struct source *most[SOURCES_MOST])
{
	struct source *s;
	int level, n = 0, i;

	for (level = SOURCE_LEVELS - 1; level > 0; level--) {
		TAILQ_FOREACH (s, &all->levels[share][level], equal[share]) {
			if (n == SOURCES_MOST)
				return (n);
			if (s->host)
				continue;
			for (i = n++; i > 0 &&
			     source_share(most[i - 1], share) <
				 source_share(s, share);
			     i--)
				most[i] = most[i - 1];
			most[i] = s;
		}
	}
	return (n);
}

struct source *
source_is_host(struct sources *all, const struct source_key *key)
{
	struct source *s;

	if (!key_is_host(all, key))
		all->hosts[all->n_hosts++ % SOURCE_HOSTS_MAX] = *key;
	HASH_FIND(hh, all->table, key, sizeof(*key), s);
	if (s != NULL)
		s->host = true;
	return (s);
}
