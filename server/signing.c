#include "server/signing.h"

#include <string.h>

#include "common/need.h"
#include "common/seal.h"

struct signing {
	struct seal_key *log, *host;
	unsigned char log_public[SEAL_KEY], host_public[SEAL_KEY];
};

static struct seal_key *
log_key(const unsigned char cluster_key[32])
{
	static const char what[] = "evote log 1";
	const struct seal_part part = {what, sizeof(what) - 1};
	unsigned char seed[SEAL_HASH];
	struct seal_key *key;

	seal_mac(seed, cluster_key, 32, &part, 1);
	key = seal_key_seed(seed);
	explicit_bzero(seed, sizeof(seed));
	return (key);
}

void
signing_log_public(
    const unsigned char cluster_key[32], unsigned char public[SEAL_KEY])
{
	struct seal_key *key = log_key(cluster_key);

	seal_key_public(key, public);
	seal_key_free(key);
}

struct signing *
signing_new(
    const unsigned char cluster_key[32], const unsigned char host_seed[32])
{
	struct signing *s = need_zeroed(1, sizeof(*s));

	s->log = log_key(cluster_key);
	s->host = seal_key_seed(host_seed);
	seal_key_public(s->log, s->log_public);
	seal_key_public(s->host, s->host_public);
	return (s);
}

void
signing_free(struct signing *s)
{
	if (s == NULL)
		return;
	seal_key_free(s->log);
	seal_key_free(s->host);
	free(s);
}

const unsigned char *
signing_log_key(const struct signing *s)
{
	return (s->log_public);
}

const unsigned char *
signing_host_key(const struct signing *s)
{
	return (s->host_public);
}

int
signing_text(const evote_genesis *g, uint64_t size, const void *root,
    char log[NOTE_NAME], char text[NOTE_TEXT])
{
	if (note_log_name(log, g->origin, (const unsigned char *)g->cluster) ==
	    -1)
		return (-1);
	note_text(text, log, size, root);
	return (0);
}

int
signing_begin(
    const struct signing *s, const char *log, const char *text, evote_note *out)
{
	unsigned char sig[SEAL_SIG];
	struct note_key key;

	*out = need_zeroed(1, EVOTE_NOTE_MAX + 1);
	note_key_set(&key, NOTE_LOG, log, s->log_public);
	note_sign(s->log, text, sig);
	if (note_begin(*out, EVOTE_NOTE_MAX + 1, text) == 0 &&
	    note_add(*out, EVOTE_NOTE_MAX + 1, &key, 0, sig) == 0)
		return (0);
	free(*out);
	*out = NULL;
	return (-1);
}

int
signing_add(evote_note note, const char *log, const char *host,
    const unsigned char key[SEAL_KEY], uint64_t time_s,
    const unsigned char sig[SEAL_SIG])
{
	size_t before = strlen(note);
	char name[NOTE_NAME], err[128];
	struct note_key k;
	struct note n;

	if (note_host_name(name, log, host) == -1)
		return (-1);
	note_key_set(&k, NOTE_HOST, name, key);
	if (note_add(note, EVOTE_NOTE_MAX + 1, &k, time_s, sig) == 0 &&
	    note_read(&n, note, strlen(note), err, sizeof(err)) == 0 &&
	    note_verify(&n, &k, NULL) == NOTE_SIGNED)
		return (0);
	note[before] = '\0';
	return (-1);
}

void
signing_cosign(const struct signing *s, const char *text, uint64_t time_s,
    unsigned char sig[SEAL_SIG])
{
	note_cosign(s->host, text, time_s, sig);
}

void
signing_reply(const struct signing *s, const evote_genesis *g, uint64_t time_s,
    evote_signed_by *by)
{
	char log[NOTE_NAME], text[NOTE_TEXT];

	if (g == NULL || signing_text(g, by->size, by->root, log, text) == -1) {
		by->taken = EVOTE_GAP;
		return;
	}
	by->time = time_s;
	by->signature.evote_signature_len = SEAL_SIG;
	by->signature.evote_signature_val = need_zeroed(1, SEAL_SIG);
	signing_cosign(s, text, time_s,
	    (unsigned char *)by->signature.evote_signature_val);
}
