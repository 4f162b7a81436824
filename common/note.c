#include "common/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

#include "common/number.h"
#include "common/text.h"

#define DASH	  "\xe2\x80\x94 "
#define DASH_LEN  4
#define LOG_BLOB  (NOTE_ID + SEAL_SIG)
#define HOST_BLOB (NOTE_ID + 8 + SEAL_SIG)
#define ROOT_LEN  44 /* base64 of a hash */

/* ---- names and keys ---- */

/* What would end a key's name, or a part of it, for some reader. */
static int
is_apart(ucs4_t c)
{
	return (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '+' || c == '%' ||
	    uc_is_property_white_space(c));
}

int
note_escape(char *out, size_t size, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), at = 0, n;
	ucs4_t c;
	int apart, len;

	for (; left > 0; p += n, left -= n) {
		len = u8_mbtoucr(&c, p, left);
		apart = len <= 0 || is_apart(c);
		n = len > 0 ? (size_t)len : 1;
		if (at + (apart ? 3 * n : n) >= size)
			return (-1);
		for (size_t i = 0; i < n; i++)
			at += (size_t)sprintf(
			    out + at, apart ? "%%%02X" : "%c", p[i]);
	}
	out[at] = '\0';
	return (0);
}

int
note_log_name(
    char out[NOTE_NAME], const char *origin, const unsigned char cluster[16])
{
	size_t len;

	if (note_escape(out, NOTE_NAME - 33, origin) != 0)
		return (-1);
	len = strlen(out);
	out[len++] = '/';
	seal_hex(out + len, cluster, 16);
	return (0);
}

int
note_host_name(char out[NOTE_NAME], const char *log, const char *host)
{
	size_t len = (size_t)snprintf(out, NOTE_NAME, "%s/", log);

	if (len >= NOTE_NAME)
		return (-1);
	return (note_escape(out + len, NOTE_NAME - len, host));
}

void
note_key_set(struct note_key *k, enum note_type type, const char *name,
    const unsigned char public[SEAL_KEY])
{
	const unsigned char head[] = {'\n', (unsigned char)type};
	const struct seal_part parts[] = {
	    {name, strlen(name)}, {head, sizeof(head)}, {public, SEAL_KEY}};
	unsigned char hash[SEAL_HASH];

	snprintf(k->name, sizeof(k->name), "%s", name);
	k->type = type;
	memcpy(k->public, public, SEAL_KEY);
	seal_hash(hash, parts, 3);
	memcpy(k->id, hash, NOTE_ID);
}

void
note_vkey_write(const struct note_key *k, char out[NOTE_VKEY])
{
	unsigned char typed[1 + SEAL_KEY] = {(unsigned char)k->type};
	char id[2 * NOTE_ID + 1], base64[48];

	memcpy(typed + 1, k->public, SEAL_KEY);
	seal_hex(id, k->id, NOTE_ID);
	seal_base64(base64, typed, sizeof(typed));
	snprintf(out, NOTE_VKEY, "%s+%s+%s", k->name, id, base64);
}

/* A name may stand in a signature's line as it is. */
static int
is_name(const char *name, size_t len)
{
	char plain[NOTE_NAME], again[3 * NOTE_NAME];
	char *c;

	if (len == 0 || len >= sizeof(plain))
		return (0);
	memcpy(plain, name, len);
	plain[len] = '\0';
	/* Escapes are not apart; nothing else may change. */
	for (c = plain; *c != '\0'; c++)
		if (*c == '%')
			*c = '_';
	return (note_escape(again, sizeof(again), plain) == 0 &&
	    strcmp(plain, again) == 0);
}

int
note_vkey_read(struct note_key *k, const char *text, char *err, size_t errlen)
{
	const char *id = strchr(text, '+'),
		   *base64 = id != NULL ? strchr(id + 1, '+') : NULL;
	unsigned char typed[1 + SEAL_KEY];
	char name[NOTE_NAME], again[NOTE_VKEY];

	if (base64 == NULL)
		return (text_why(err, errlen, "it is not NAME+ID+KEY"));
	if (!is_name(text, (size_t)(id - text)))
		return (text_why(err, errlen, "the name is not one of a key"));
	if (seal_unbase64(typed, sizeof(typed), base64 + 1,
		strlen(base64 + 1)) != sizeof(typed) ||
	    (typed[0] != NOTE_LOG && typed[0] != NOTE_HOST))
		return (text_why(err, errlen,
		    "it is not an Ed25519 key of a log or of a cosigner"));
	snprintf(name, sizeof(name), "%.*s", (int)(id - text), text);
	note_key_set(k, (enum note_type)typed[0], name, typed + 1);
	note_vkey_write(k, again);
	if (strcmp(again, text) != 0)
		return (text_why(err, errlen, "the id is not that of the key"));
	return (0);
}

/* ---- signing ---- */

size_t
note_text(char out[NOTE_TEXT], const char *log, uint64_t size,
    const unsigned char root[SEAL_HASH])
{
	char base64[ROOT_LEN + 1];

	seal_base64(base64, root, SEAL_HASH);
	return ((size_t)snprintf(
	    out, NOTE_TEXT, "%s\n%" PRIu64 "\n%s\n", log, size, base64));
}

void
note_sign(
    const struct seal_key *key, const char *text, unsigned char sig[SEAL_SIG])
{
	seal_key_sign(key, sig, text, strlen(text));
}

/* What a cosignature covers, to be freed. */
static char *
cosigned(const char *text, size_t len, uint64_t time_s, size_t *out_len)
{
	char *out;
	int n = asprintf(&out, "cosignature/v1\ntime %" PRIu64 "\n%.*s", time_s,
	    (int)len, text);

	if (n < 0)
		abort();
	*out_len = (size_t)n;
	return (out);
}

void
note_cosign(const struct seal_key *key, const char *text, uint64_t time_s,
    unsigned char sig[SEAL_SIG])
{
	size_t len;
	char *message = cosigned(text, strlen(text), time_s, &len);

	seal_key_sign(key, sig, message, len);
	free(message);
}

int
note_begin(char *note, size_t size, const char *text)
{
	int n = snprintf(NULL, 0, "%s\n", text);

	if ((size_t)n >= size)
		return (-1);
	snprintf(note, size, "%s\n", text);
	return (0);
}

static size_t
blob_len(enum note_type type)
{
	return (type == NOTE_LOG ? LOG_BLOB : HOST_BLOB);
}

int
note_add(char *note, size_t size, const struct note_key *k, uint64_t time_s,
    const unsigned char sig[SEAL_SIG])
{
	unsigned char blob[HOST_BLOB], *p = blob;
	char base64[4 * ((HOST_BLOB + 2) / 3) + 1];
	size_t len = strlen(note);
	int n;

	memcpy(p, k->id, NOTE_ID);
	p += NOTE_ID;
	for (int shift = 56; k->type == NOTE_HOST && shift >= 0; shift -= 8)
		*p++ = (unsigned char)(time_s >> shift);
	memcpy(p, sig, SEAL_SIG);
	seal_base64(base64, blob, blob_len(k->type));
	n = snprintf(note + len, size - len, DASH "%s %s\n", k->name, base64);
	if (n > 0 && (size_t)n < size - len)
		return (0);
	note[len] = '\0';
	return (-1);
}

/* ---- reading ---- */

int
note_number(const char *s, size_t len, uint64_t *out)
{
	char digits[24];

	if (len == 0 || len >= sizeof(digits) || (s[0] == '0' && len > 1))
		return (-1);
	memcpy(digits, s, len);
	digits[len] = '\0';
	if (strlen(digits) != len)
		return (-1);
	return (number_read(digits, 0, UINT64_MAX, out));
}

static int
read_text(struct note *n, char *err, size_t errlen)
{
	const char *at = n->text, *end = n->text + n->text_len, *line;
	size_t len;

	line = text_line(&at, end, &len);
	if (line == NULL || len == 0 || len >= sizeof(n->log))
		return (text_why(err, errlen, "line 1 is not a log's name"));
	memcpy(n->log, line, len);
	n->log[len] = '\0';
	line = text_line(&at, end, &len);
	if (line == NULL || note_number(line, len, &n->size) != 0)
		return (text_why(err, errlen, "line 2 is not the size"));
	line = text_line(&at, end, &len);
	if (line == NULL ||
	    seal_unbase64(n->root, SEAL_HASH, line, len) != SEAL_HASH)
		return (text_why(err, errlen, "line 3 is not the root"));
	while ((line = text_line(&at, end, &len)) != NULL)
		if (len == 0)
			return (text_why(err, errlen,
			    "there is an empty line within the checkpoint"));
	return (0);
}

/* "— NAME BLOB" */
static int
read_line(struct note_line *l, const char *line, size_t len)
{
	unsigned char blob[NOTE_SIZE];
	const char *blank;
	int n;

	if (len <= DASH_LEN || memcmp(line, DASH, DASH_LEN) != 0)
		return (-1);
	l->name = line + DASH_LEN;
	blank = memchr(l->name, ' ', len - DASH_LEN);
	if (blank == NULL)
		return (-1);
	l->name_len = (size_t)(blank - l->name);
	l->blob = blank + 1;
	l->blob_len = (size_t)(line + len - l->blob);
	n = seal_unbase64(blob, sizeof(blob), l->blob, l->blob_len);
	return (n > NOTE_ID && is_name(l->name, l->name_len) ? 0 : -1);
}

static int
read_lines(
    struct note *n, const char *at, const char *end, char *err, size_t errlen)
{
	const char *line;
	size_t len;

	while ((line = text_line(&at, end, &len)) != NULL) {
		if (n->n == NOTE_SIGS)
			return (text_why(err, errlen,
			    "it has more than %d signatures", NOTE_SIGS));
		if (read_line(&n->lines[n->n++], line, len) != 0)
			return (text_why(err, errlen,
			    "the line of signature %d is not one", n->n));
	}
	if (n->n == 0)
		return (text_why(err, errlen, "it has no signature"));
	return (0);
}

/*
 * Nor what a terminal may obey: U+007F, and U+0080 to U+009F, which are C2 xx.
 */
static int
is_plain(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t bad;

	for (size_t i = 0; i < len; i++)
		if ((p[i] < 0x20 && p[i] != '\n') || p[i] == 0x7f ||
		    (p[i] == 0xc2 && i + 1 < len && p[i + 1] < 0xa0))
			return (0);
	return (text_is_utf8(s, len, &bad));
}

int
note_read(
    struct note *n, const char *from, size_t len, char *err, size_t errlen)
{
	const char *last = NULL, *end = from + len, *why;

	memset(n, 0, sizeof(*n));
	if (len > NOTE_SIZE)
		return (text_why(err, errlen, "it is too long"));
	if ((why = text_resaved(from, len)) != NULL)
		return (text_why(err, errlen, "%s", why));
	if (!is_plain(from, len))
		return (text_why(err, errlen,
		    "it is not UTF-8, or has control characters in it"));
	if (len == 0 || end[-1] != '\n')
		return (text_why(err, errlen, "its last line has no end"));
	for (const char *p = from; p + 1 < end; p++)
		if (p[0] == '\n' && p[1] == '\n')
			last = p;
	if (last == NULL)
		return (text_why(
		    err, errlen, "there is no empty line before signatures"));
	n->text = from;
	n->text_len = (size_t)(last + 1 - from);
	if (read_text(n, err, errlen) != 0)
		return (-1);
	return (read_lines(n, last + 2, end, err, errlen));
}

/* ---- judging ---- */

static int
blob_verify(const struct note *n, const struct note_key *k,
    const unsigned char *blob, uint64_t *time_s)
{
	const unsigned char *p = blob + NOTE_ID;
	uint64_t at = 0;
	size_t len;
	char *message;
	int ok;

	if (k->type == NOTE_LOG)
		return (seal_verify(k->public, p, n->text, n->text_len));
	for (int i = 0; i < 8; i++)
		at = at << 8 | *p++;
	message = cosigned(n->text, n->text_len, at, &len);
	ok = at <= INT64_MAX && seal_verify(k->public, p, message, len);
	free(message);
	if (ok && *time_s == 0)
		*time_s = at;
	return (ok);
}

static enum note_verdict
line_verify(const struct note *n, const struct note_line *l,
    const struct note_key *k, uint64_t *time_s)
{
	unsigned char blob[NOTE_SIZE];
	int len;

	if (l->name_len != strlen(k->name) ||
	    memcmp(l->name, k->name, l->name_len) != 0)
		return (NOTE_UNSIGNED);
	len = seal_unbase64(blob, sizeof(blob), l->blob, l->blob_len);
	if (len < NOTE_ID || memcmp(blob, k->id, NOTE_ID) != 0)
		return (NOTE_UNSIGNED);
	if ((size_t)len != blob_len(k->type) ||
	    !blob_verify(n, k, blob, time_s))
		return (NOTE_FORGED);
	return (NOTE_SIGNED);
}

enum note_verdict
note_verify(const struct note *n, const struct note_key *k, uint64_t *time_s)
{
	enum note_verdict all = NOTE_UNSIGNED, one;
	uint64_t first = 0;

	for (int i = 0; i < n->n && all != NOTE_FORGED; i++) {
		one = line_verify(n, &n->lines[i], k, &first);
		if (one != NOTE_UNSIGNED)
			all = one;
	}
	if (time_s != NULL)
		*time_s = first;
	return (all);
}
