#include "common/rpc/source.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

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
