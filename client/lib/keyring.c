#include "client/lib/keyring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/text.h"

#define HEAD "evote keys 1"

static const unsigned char none[SEAL_KEY];

void
keyring_clear(struct keyring *k)
{
	free(k->hosts);
	memset(k, 0, sizeof(*k));
}

int
keyring_begin(struct keyring *k, const char *origin,
    const unsigned char cluster[16], const unsigned char log[SEAL_KEY])
{
	char name[NOTE_NAME];

	keyring_clear(k);
	if (note_log_name(name, origin, cluster) != 0)
		return (-1);
	note_key_set(&k->log, NOTE_LOG, name, log);
	k->known = 1;
	return (0);
}

static struct keyring_host *
host_new(struct keyring *k)
{
	if (k->n == KEYRING_MAX)
		return (NULL);
	k->hosts = need_room(k->hosts, (uint32_t)k->n, sizeof(*k->hosts));
	memset(&k->hosts[k->n], 0, sizeof(*k->hosts));
	return (&k->hosts[k->n]);
}

int
keyring_add(struct keyring *k, uint64_t seq, const evote_host_op *op)
{
	char name[NOTE_NAME];
	struct keyring_host *h;

	for (int i = 0; i < k->n; i++)
		if (k->hosts[i].seq == seq)
			return (1);
	if ((k->n > 0 && seq < k->hosts[k->n - 1].seq) ||
	    note_host_name(name, k->log.name, op->name) != 0 ||
	    (h = host_new(k)) == NULL)
		return (-1);
	h->seq = seq;
	note_escape(h->name, sizeof(h->name), op->name);
	memcpy(h->incarnation, op->incarnation, sizeof(h->incarnation));
	memcpy(h->replaces, op->replaces, sizeof(h->replaces));
	note_key_set(&h->key, NOTE_HOST, name, (const unsigned char *)op->key);
	k->n++;
	return (0);
}

/* Whether a later record of these puts another key in the place of this one. */
static int
is_replaced(const struct keyring *k, int i, uint64_t size)
{
	const struct keyring_host *h = &k->hosts[i], *later;

	for (int j = i + 1; j < k->n && k->hosts[j].seq < size; j++) {
		later = &k->hosts[j];
		if (memcmp(later->replaces, h->incarnation,
			sizeof(h->incarnation)) == 0 ||
		    strcmp(later->name, h->name) == 0)
			return (1);
	}
	return (0);
}

int
keyring_has(const struct keyring *k, const char *name)
{
	char escaped[NOTE_NAME];

	note_escape(escaped, sizeof(escaped), name);
	for (int i = k->n; i-- > 0;)
		if (strcmp(k->hosts[i].name, escaped) == 0)
			return (memcmp(k->hosts[i].key.public, none,
				    sizeof(none)) != 0);
	return (0);
}

struct tlog_policy *
keyring_policy(const struct keyring *k, uint64_t size)
{
	struct tlog_policy *p = tlog_policy_new(&k->log);

	for (int i = 0; i < k->n && k->hosts[i].seq < size; i++) {
		const struct keyring_host *h = &k->hosts[i];

		if (memcmp(h->key.public, none, sizeof(none)) != 0 &&
		    !is_replaced(k, i, size))
			tlog_policy_add(p, h->name, &h->key);
	}
	return (p);
}

/* ---- as a text ---- */

char *
keyring_write(const struct keyring *k)
{
	char vkey[NOTE_VKEY], ids[2][33], *out = NULL;
	size_t size;
	FILE *f = need(open_memstream(&out, &size));

	note_vkey_write(&k->log, vkey);
	fprintf(f, HEAD "\nlog %s\n", vkey);
	for (int i = 0; i < k->n; i++) {
		const struct keyring_host *h = &k->hosts[i];

		seal_hex(ids[0], h->incarnation, sizeof(h->incarnation));
		seal_hex(ids[1], h->replaces, sizeof(h->replaces));
		note_vkey_write(&h->key, vkey);
		fprintf(f, "host %" PRIu64 " %s %s %s\n", h->seq, ids[0],
		    ids[1], vkey);
	}
	return (need(fclose(f) == 0 ? out : NULL));
}

/* "host SEQ INCARNATION REPLACES VKEY" */
static int
host_read(struct keyring *k, const char *line)
{
	struct keyring_host *h = host_new(k);
	char ids[2][33], err[200];
	size_t log = strlen(k->log.name);
	int at = 0;

	if (h == NULL ||
	    sscanf(line, "host %" SCNu64 " %32s %32s %n", &h->seq, ids[0],
		ids[1], &at) != 3 ||
	    at == 0 ||
	    seal_unhex(h->incarnation, sizeof(h->incarnation), ids[0]) != 0 ||
	    seal_unhex(h->replaces, sizeof(h->replaces), ids[1]) != 0 ||
	    note_vkey_read(&h->key, line + at, err, sizeof(err)) != 0 ||
	    h->key.type != NOTE_HOST ||
	    strncmp(h->key.name, k->log.name, log) != 0 ||
	    h->key.name[log] != '/' ||
	    (k->n > 0 && h->seq <= k->hosts[k->n - 1].seq))
		return (-1);
	snprintf(h->name, sizeof(h->name), "%s", h->key.name + log + 1);
	k->n++;
	return (0);
}

static int
line_read(struct keyring *k, unsigned n, const char *line)
{
	char err[200];

	if (n == 0)
		return (strcmp(line, HEAD) == 0 ? 0 : -1);
	if (n > 1)
		return (host_read(k, line));
	if (strncmp(line, "log ", 4) != 0 ||
	    note_vkey_read(&k->log, line + 4, err, sizeof(err)) != 0 ||
	    k->log.type != NOTE_LOG)
		return (-1);
	k->known = 1;
	return (0);
}

int
keyring_read(struct keyring *k, const char *text)
{
	const char *at = text, *end = text + strlen(text), *line;
	char *copy;
	size_t len;
	int rc = 0;

	keyring_clear(k);
	for (unsigned n = 0; rc == 0 && at < end; n++) {
		line = text_line(&at, end, &len);
		copy = line != NULL ? strndup(line, len) : NULL;
		rc = copy != NULL ? line_read(k, n, copy) : -1;
		free(copy);
	}
	if (rc == 0 && k->known)
		return (0);
	keyring_clear(k);
	return (-1);
}
