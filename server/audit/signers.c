#include "server/audit/signers.h"

#include <stdio.h>
#include <string.h>

static int
is_removed(const struct book_host *h)
{
	static const unsigned char none[sizeof(h->key)];

	return (memcmp(h->key, none, sizeof(none)) == 0);
}

int
signers_key(const struct book *b, uint32_t i, struct note_key *key)
{
	const struct book_host *h = &b->hosts[i];
	char log[NOTE_NAME], name[NOTE_NAME];

	if (b->genesis.origin == NULL ||
	    note_log_name(log, b->genesis.origin,
		(const unsigned char *)b->genesis.cluster) == -1 ||
	    note_host_name(name, log, h->name) == -1)
		return (-1);
	note_key_set(key, NOTE_HOST, name, h->key);
	return (0);
}

int
signers_in_force(const struct book *b, uint32_t i, uint64_t size)
{
	const struct book_host *h = &b->hosts[i];

	if (h->seq >= size || is_removed(h))
		return (0);
	for (uint32_t j = i + 1; j < b->n_hosts && b->hosts[j].seq < size; j++)
		if (strcmp(b->hosts[j].name, h->name) == 0)
			return (0);
	return (1);
}

void
signers_text(const struct book *b, uint32_t i, char out[NOTE_VKEY])
{
	char vkey[NOTE_VKEY] = "";
	struct note_key key;

	if (is_removed(&b->hosts[i]))
		snprintf(out, NOTE_VKEY, "removed");
	else if (signers_key(b, i, &key) == -1)
		snprintf(out, NOTE_VKEY, "unnamed");
	else {
		note_vkey_write(&key, vkey);
		snprintf(out, NOTE_VKEY, "%s", vkey + strlen(key.name) + 1);
	}
}
