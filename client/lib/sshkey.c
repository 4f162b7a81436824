#include "client/lib/sshkey.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

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

#define BASE64_KEY  (4 * ((SEAL_KEY + 2) / 3))
#define BASE64_BLOB (4 * ((SSHKEY_BLOB + 2) / 3))

/* The length of a blank, also of one that a web page brings, or 0. */
static size_t
blank_at(const char *s)
{
	static const char *const blanks[] = {
	    " ", "\t", "\n", "\r", "\u00a0", "\u200b", "\ufeff"};

	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (strncmp(s, blanks[i], strlen(blanks[i])) == 0)
			return (strlen(blanks[i]));
	return (0);
}

static const char *
blanks_skip(const char *s)
{
	size_t n;

	while ((n = blank_at(s)) > 0)
		s += n;
	return (s);
}

/*
 * Copies most characters at most, without the blanks among them, as when a
 * key was broken over two lines.  Returns where it stopped.
 */
static const char *
letters_copy(char *out, size_t most, const char *s)
{
	size_t n = 0;

	for (s = blanks_skip(s); *s != '\0' && n < most; s = blanks_skip(s))
		out[n++] = *s++;
	out[n] = '\0';
	return (s);
}

/* A word that begins so, outside of quotes; NULL: there is none. */
static const char *
word_find(const char *s, const char *begin)
{
	int first = 1, quoted = 0;

	for (; *s != '\0'; s++) {
		if (first && !quoted && strncmp(s, begin, strlen(begin)) == 0)
			return (s);
		quoted ^= *s == '"';
		first = blank_at(s) > 0;
	}
	return (NULL);
}

/* The word of a line that says which kind of key follows, behind options. */
static const char *
type_find(const char *s)
{
	const char *at = s;
	size_t len = strlen(SSHKEY_TYPE);

	while ((at = word_find(at, SSHKEY_TYPE)) != NULL) {
		if (at[len] == '\0' || blank_at(at + len) > 0)
			return (at);
		at += len;
	}
	return (NULL);
}

static int
line_read(
    unsigned char out[SEAL_KEY], const char *text, char *err, size_t errlen)
{
	char packed[BASE64_BLOB + 1];
	unsigned char blob[SSHKEY_BLOB];
	struct span s = {blob, sizeof(blob)};
	unsigned char key[SEAL_KEY];
	const char *end;

	end = letters_copy(packed, BASE64_BLOB, text + strlen(SSHKEY_TYPE));
	if (seal_unbase64(blob, sizeof(blob), packed, strlen(packed)) !=
		(int)sizeof(blob) ||
	    take_public(&s, key) != 0 ||
	    (*end != '\0' && end[-1] == packed[BASE64_BLOB - 1]))
		return (text_why(err, errlen, "is a damaged ssh-ed25519 line"));
	if (type_find(end) != NULL)
		return (text_why(err, errlen, "is two keys: keep one of them"));
	memcpy(out, key, SEAL_KEY);
	return (0);
}

/*
 * Our own form.  The = at its end may be lost, and sheets put ' or = before
 * what begins with +, and quotes around it.
 */
static int
base64_read(
    unsigned char out[SEAL_KEY], const char *text, char *err, size_t errlen)
{
	char packed[BASE64_KEY + 4];
	unsigned char key[SEAL_KEY];
	size_t len;

	text += strspn(text, "'=\"");
	letters_copy(packed, sizeof(packed) - 1, text);
	len = strlen(packed);
	if (len > 0 && packed[len - 1] == '"')
		packed[--len] = '\0';
	if (len == BASE64_KEY - 1 && packed[len - 1] != '=') {
		packed[len++] = '=';
		packed[len] = '\0';
	}
	if (seal_unbase64(key, sizeof(key), packed, len) != (int)sizeof(key))
		return (text_why(err, errlen,
		    "is neither base64 of 32 bytes nor an "
		    "ssh-ed25519 line"));
	memcpy(out, key, SEAL_KEY);
	return (0);
}

/* The first word of an OpenSSH line of another kind, behind options or not. */
static int
is_other_kind(const char *text)
{
	return (word_find(text, "ssh-") != NULL ||
	    word_find(text, "ecdsa-") != NULL ||
	    word_find(text, "sk-") != NULL);
}

/* As a file, or as what stands in one between its two lines. */
static int
is_private(const char *text)
{
	static const char *const signs[] = {"PRIVATE KEY", /* PEM, OpenSSH */
	    "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE", /* "openssh-key-v1" */
	    "MC4CAQAwBQYDK2VwBCI"};			  /* PKCS #8 */

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(text, signs[i]) != NULL)
			return (1);
	return (0);
}

int
sshkey_public(
    unsigned char out[SEAL_KEY], const char *text, char *err, size_t errlen)
{
	const char *type;

	text = blanks_skip(text);
	if (is_private(text))
		return (text_why(err, errlen,
		    "is a PRIVATE key, which others have seen now: "
		    "have its owner make a new one, and hand in the "
		    "public key of that"));
	if ((type = type_find(text)) != NULL)
		return (line_read(out, type, err, errlen));
	if (is_other_kind(text))
		return (text_why(err, errlen,
		    "is an SSH key of another kind than ssh-ed25519"));
	if (text[0] == '#')
		return (text_why(err, errlen,
		    "was taken for a formula by a spreadsheet; format "
		    "its column as text and enter it again"));
	if (text[0] == '\0')
		return (text_why(err, errlen, "is missing"));
	return (base64_read(out, text, err, errlen));
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
		text_why(err, errlen,
		    "holds no whole OpenSSH key of the kind ssh-ed25519");
	else
		*out = k;
	explicit_bzero(&k, sizeof(k));
	return (form);
}
