#include "sshkey.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1" /* with its NUL */

/* ---- the encoding of RFC 4251 ---- */

struct span {
	const unsigned char *p;
	size_t len;
};

static int
take_u32(struct span *s, uint32_t *out)
{
	if (s->len < 4)
		return (-1);
	*out = (uint32_t)s->p[0] << 24 | (uint32_t)s->p[1] << 16 |
	    (uint32_t)s->p[2] << 8 | s->p[3];
	s->p += 4;
	s->len -= 4;
	return (0);
}

static int
take_string(struct span *s, struct span *out)
{
	uint32_t len;

	if (take_u32(s, &len) != 0 || len > s->len)
		return (-1);
	*out = (struct span){s->p, len};
	s->p += len;
	s->len -= len;
	return (0);
}

static int
is_text(const struct span *s, const char *text)
{
	return (s->len == strlen(text) && memcmp(s->p, text, s->len) == 0);
}

/* What precedes the key's bytes, in a public and in a private key. */
static int
take_public(struct span *s, unsigned char out[SEAL_KEY])
{
	struct span type, key;

	if (take_string(s, &type) != 0 || !is_text(&type, SSHKEY_TYPE) ||
	    take_string(s, &key) != 0 || key.len != SEAL_KEY)
		return (-1);
	memcpy(out, key.p, SEAL_KEY);
	return (0);
}

/* ---- public keys ---- */

static int
fail(const char *what, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s", what);
	return (-1);
}

static int
line_read(
    unsigned char out[SEAL_KEY], const char *text, char *err, size_t errlen)
{
	unsigned char blob[SSHKEY_BLOB];
	struct span s = {blob, sizeof(blob)};
	unsigned char key[SEAL_KEY];

	text += strlen(SSHKEY_TYPE);
	text += strspn(text, " \t");
	if (seal_unbase64(blob, sizeof(blob), text, strcspn(text, " \t\r\n")) !=
		(int)sizeof(blob) ||
	    take_public(&s, key) != 0)
		return (fail("is a damaged ssh-ed25519 line", err, errlen));
	memcpy(out, key, SEAL_KEY);
	return (0);
}

/* The first word of an OpenSSH line of another kind. */
static int
is_other_kind(const char *text)
{
	return (strncmp(text, "ssh-", 4) == 0 ||
	    strncmp(text, "ecdsa-", 6) == 0 || strncmp(text, "sk-", 3) == 0);
}

int
sshkey_public(
    unsigned char out[SEAL_KEY], const char *text, char *err, size_t errlen)
{
	size_t word = strcspn(text, " \t");
	unsigned char key[SEAL_KEY];

	if (word == strlen(SSHKEY_TYPE) &&
	    strncmp(text, SSHKEY_TYPE, word) == 0)
		return (line_read(out, text, err, errlen));
	if (is_other_kind(text))
		return (fail("is an SSH key of another kind than ssh-ed25519",
		    err, errlen));
	if (seal_unbase64(key, sizeof(key), text, strlen(text)) !=
	    (int)sizeof(key))
		return (fail("is neither base64 of 32 bytes nor an "
			     "ssh-ed25519 line",
		    err, errlen));
	memcpy(out, key, SEAL_KEY);
	return (0);
}

void
sshkey_blob(unsigned char out[SSHKEY_BLOB], const unsigned char key[SEAL_KEY])
{
	static const unsigned char head[] =
	    "\0\0\0\x0b" SSHKEY_TYPE "\0\0\0\x20";

	memcpy(out, head, SSHKEY_BLOB - SEAL_KEY);
	memcpy(out + SSHKEY_BLOB - SEAL_KEY, key, SEAL_KEY);
}

/* ---- private keys ---- */

/* The bytes between the two lines; NULL: not such a file, or damaged. */
static unsigned char *
body_read(const char *text, size_t len, size_t *out)
{
	const char *end;
	unsigned char *bytes;
	char *packed;
	size_t n = 0;
	int size;

	text += strlen(BEGIN);
	len -= strlen(BEGIN);
	if ((end = memmem(text, len, END, strlen(END))) == NULL ||
	    (packed = malloc(len)) == NULL)
		return (NULL);
	for (; text < end; text++)
		if (strchr(" \t\r\n", *text) == NULL)
			packed[n++] = *text;
	bytes = malloc(n + 1);
	size = bytes != NULL ? seal_unbase64(bytes, n, packed, n) : -1;
	explicit_bzero(packed, n);
	free(packed);
	if (size < 0) {
		free(bytes);
		return (NULL);
	}
	*out = (size_t)size;
	return (bytes);
}

/* The private part, once it is readable. */
static int
take_private(struct span *s, struct sshkey *k)
{
	unsigned char public[SEAL_KEY];
	struct span secret;
	uint32_t a, b;

	if (take_u32(s, &a) != 0 || take_u32(s, &b) != 0 || a != b ||
	    take_public(s, public) != 0 || take_string(s, &secret) != 0 ||
	    secret.len != 2 * SEAL_KEY ||
	    memcmp(public, k->public, SEAL_KEY) != 0 ||
	    memcmp(secret.p + SEAL_KEY, public, SEAL_KEY) != 0)
		return (-1);
	memcpy(k->seed, secret.p, SEAL_KEY);
	return (0);
}

static enum sshkey_form
body_parse(struct span s, struct sshkey *k)
{
	struct span cipher, kdf, params, public, private;
	uint32_t keys;

	if (s.len < sizeof(MAGIC) || memcmp(s.p, MAGIC, sizeof(MAGIC)) != 0)
		return (SSHKEY_UNFIT);
	s.p += sizeof(MAGIC);
	s.len -= sizeof(MAGIC);
	if (take_string(&s, &cipher) != 0 || take_string(&s, &kdf) != 0 ||
	    take_string(&s, &params) != 0 || take_u32(&s, &keys) != 0 ||
	    keys != 1 || take_string(&s, &public) != 0 ||
	    take_public(&public, k->public) != 0 ||
	    take_string(&s, &private) != 0)
		return (SSHKEY_UNFIT);
	if (!is_text(&cipher, "none"))
		return (SSHKEY_ENCRYPTED);
	return (take_private(&private, k) == 0 ? SSHKEY_OPEN : SSHKEY_UNFIT);
}

enum sshkey_form
sshkey_private(
    struct sshkey *out, const char *text, size_t len, char *err, size_t errlen)
{
	enum sshkey_form form = SSHKEY_UNFIT;
	struct sshkey k = {0};
	unsigned char *body;
	size_t n;

	if (len < strlen(BEGIN) || memcmp(text, BEGIN, strlen(BEGIN)) != 0)
		return (SSHKEY_OTHER);
	if ((body = body_read(text, len, &n)) != NULL) {
		form = body_parse((struct span){body, n}, &k);
		explicit_bzero(body, n);
	}
	free(body);
	if (form == SSHKEY_UNFIT)
		fail("holds no whole OpenSSH key of the kind ssh-ed25519", err,
		    errlen);
	else
		*out = k;
	explicit_bzero(&k, sizeof(k));
	return (form);
}
