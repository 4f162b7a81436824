#include "common/hosts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/number.h"
#include "common/seal.h"
#include "common/text.h"

#define LIST_MAX 16384 /* bytes; eight hosts need far less */

/* Points into the entry that is being read. */
struct span {
	const char *at;
	size_t len;
};

static int
span_copy(struct span s, char *out, size_t size)
{
	if (s.len == 0 || s.len >= size)
		return (-1);
	memcpy(out, s.at, s.len);
	out[s.len] = '\0';
	return (text_is_name(out, size - 1) ? 0 : -1);
}

/* A name or an address is one word: what stands in none tells of a slip. */
static int
span_word(struct span s, char *out, size_t size)
{
	if (span_copy(s, out, size) != 0 ||
	    out[strcspn(out, " \t;=/\\\"'@")] != '\0' || strlen(out) != s.len)
		return (-1);
	return (0);
}

static int
span_port(struct span s, int *port)
{
	char digits[6];
	uint64_t n;

	if (span_copy(s, digits, sizeof(digits)) != 0 ||
	    number_read(digits, 1, 65535, &n) != 0)
		return (-1);
	*port = (int)n;
	return (0);
}

static struct span
span_trim(struct span s)
{
	while (s.len > 0 && isspace((unsigned char)s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && isspace((unsigned char)s.at[s.len - 1]))
		s.len--;
	return (s);
}

/* The part before the first c, which is taken off s; all of s without one. */
static struct span
span_cut(struct span *s, char c)
{
	const char *hit = s->len > 0 ? memchr(s->at, c, s->len) : NULL;
	struct span head = *s;

	if (hit == NULL) {
		s->at += s->len;
		s->len = 0;
		return (head);
	}
	head.len = (size_t)(hit - s->at);
	s->at += head.len + 1;
	s->len -= head.len + 1;
	return (head);
}

/* Brackets stand around an address, and in none. */
static int
address_word(struct span s, struct host *h)
{
	if (span_word(s, h->address, sizeof(h->address)) != 0)
		return (-1);
	return (strpbrk(h->address, "[]") == NULL ? 0 : -1);
}

/* HOST[:PORT], or [ADDRESS][:PORT]. */
static int
address_parse(struct span s, struct host *h)
{
	struct span address;

	h->port = 0;
	if (s.len > 0 && s.at[0] == '[') {
		s.at++;
		s.len--;
		if (memchr(s.at, ']', s.len) == NULL)
			return (-1);
		address = span_cut(&s, ']');
		if (s.len > 0 && s.at[0] != ':')
			return (-1);
		if (s.len > 0) {
			s.at++;
			s.len--;
			if (span_port(s, &h->port) != 0)
				return (-1);
		}
		return (address_word(address, h));
	}
	address = span_cut(&s, ':');
	if (address.at + address.len != s.at && span_port(s, &h->port) != 0)
		return (-1);
	return (address_word(address, h));
}

static int
host_parse(struct span s, struct host *h)
{
	struct span name = {NULL, 0};

	if (memchr(s.at, '=', s.len) != NULL)
		name = span_trim(span_cut(&s, '='));
	if (address_parse(span_trim(s), h) != 0)
		return (-1);
	if (name.at == NULL)
		name = (struct span){h->address, strlen(h->address)};
	return (span_word(name, h->name, sizeof(h->name)));
}

static int
span_has(struct span s, const char *what)
{
	return (s.len > 0 && memmem(s.at, s.len, what, strlen(what)) != NULL);
}

/* Digits, dots and colons: an address, and no host's name. */
static int
is_numeric(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] != '\0' &&
	    strchr("0123456789abcdefABCDEF.:", s.at[n]) != NULL)
		n++;
	return (n > 0 && n == s.len &&
	    (memchr(s.at, '.', n) != NULL || memchr(s.at, ':', n) != NULL));
}

/* "alpha 10.0.0.1", or the other way round as in /etc/hosts. */
static int
two_words(struct span s, char *out, size_t size)
{
	struct span first = s, second, swap;

	for (first.len = 0; first.len < s.len; first.len++)
		if (isspace((unsigned char)s.at[first.len]))
			break;
	second = span_trim((struct span){s.at + first.len, s.len - first.len});
	if (first.len == 0 || second.len == 0 || span_has(s, "="))
		return (0);
	if (is_numeric(first) && !is_numeric(second)) {
		swap = first;
		first = second;
		second = swap;
	}
	snprintf(out, size, "write %.*s=%.*s", (int)first.len, first.at,
	    (int)second.len, second.at);
	return (1);
}

/* What was meant by what is almost an entry; 0 when nobody knows. */
static int
host_meant(struct span s, char *out, size_t size)
{
	static const struct {
		const char *sign, *hint;
	} slips[] = {
	    {"://", "write the host alone, without the rest of a URL"},
	    {"/", "to name a file of hosts, write @ before it"},
	    {";", "commas stand between hosts"},
	    {"\"", "write it without quotes"},
	    {" ",
		"commas or lines stand between hosts, and a colon before a "
		"port"},
	    {"\t",
		"commas or lines stand between hosts, and a colon before "
		"a port"},
	    {"::", "an IPv6 address stands in [brackets]"},
	};

	/* "pin" and a blank was looked for before. */
	if (s.len > 3 && strncasecmp(s.at, "pin", 3) == 0 &&
	    (s.at[3] == ':' || s.at[3] == '=')) {
		snprintf(out, size, "write: pin BASE64");
		return (1);
	}
	if (two_words(s, out, size))
		return (1);
	if (span_has(s, "=@"))
		return (0);
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		if (!span_has(s, slips[i].sign))
			continue;
		snprintf(out, size, "%s", slips[i].hint);
		return (1);
	}
	return (0);
}

int
hosts_add_pin(struct hosts *hosts, const char *pin, const char *where,
    char *err, size_t errlen)
{
	unsigned char digest[SEAL_HASH];

	if (seal_unbase64(digest, sizeof(digest), pin, strlen(pin)) !=
	    SEAL_HASH)
		return (text_why(err, errlen,
		    "%s\"%.200s\" is not a pin, which is 44 characters of "
		    "base64 and ends with =; `status` shows it",
		    where, pin));
	if (hosts->pin[0] != '\0' && strcmp(hosts->pin, pin) != 0)
		return (text_why(err, errlen,
		    "%sthis pin is another one than %s, which is given as "
		    "well; keep the right one",
		    where, hosts->pin));
	snprintf(hosts->pin, sizeof(hosts->pin), "%s", pin);
	return (0);
}

/*
 * "pin BASE64", of which the second word is left, if it is there: a line whose
 * pin was forgotten is to be no host of that name.
 */
static int
is_pin(struct span *s)
{
	if (s->len < 3 || strncasecmp(s->at, "pin", 3) != 0 ||
	    (s->len > 3 && !isspace((unsigned char)s->at[3])))
		return (0);
	s->at += 3;
	s->len -= 3;
	*s = span_trim(*s);
	return (1);
}

/* Only a file has pins: what a list was typed for knows of none. */
static int
pin_add(struct hosts *hosts, struct span s, const char *where, char *err,
    size_t errlen)
{
	char pin[EVOTE_TEXT_MAX];

	if (where[0] == '\0')
		return (text_why(err, errlen,
		    "a pin stands on a line of a file of hosts, or in "
		    "EVOTE_PIN"));
	snprintf(pin, sizeof(pin), "%.*s", (int)s.len, s.at);
	return (hosts_add_pin(hosts, pin, where, err, errlen));
}

static int
is_at(const struct host *a, const struct host *b)
{
	return (strcasecmp(a->address, b->address) == 0 && a->port == b->port);
}

/* Two hosts at one address would both be the one that answers there. */
static int
hosts_apart(const struct hosts *hosts, const struct host *h, const char *where,
    char *err, size_t errlen)
{
	char address[EVOTE_ADDRESS_MAX + 1];

	if (hosts_find(hosts, h->name) >= 0)
		return (text_why(err, errlen, "%sthe host %s is listed twice",
		    where, h->name));
	hosts_write(h, address);
	for (int i = 0; i < hosts->n; i++)
		if (is_at(&hosts->list[i], h))
			return (text_why(err, errlen,
			    "%sthe hosts %s and %s have the same address, %s",
			    where, hosts->list[i].name, h->name, address));
	return (0);
}

/* `where` is the file and the line, or "". */
static int
hosts_add(struct hosts *hosts, struct span s, const char *where, char *err,
    size_t errlen)
{
	char meant[300];
	struct host h;

	if (is_pin(&s))
		return (pin_add(hosts, s, where, err, errlen));
	if (host_parse(s, &h) != 0) {
		int hint = host_meant(s, meant, sizeof(meant));

		return (text_why(err, errlen,
		    "%s\"%.*s\" is not NAME=HOST[:PORT]%s%s", where,
		    (int)(s.len < 200 ? s.len : 200), s.at, hint ? ": " : "",
		    hint ? meant : ""));
	}
	if (hosts_apart(hosts, &h, where, err, errlen) == -1)
		return (-1);
	if (hosts->n == EVOTE_HOSTS_MAX)
		return (text_why(err, errlen, "%smore than %d hosts", where,
		    EVOTE_HOSTS_MAX));
	hosts->list[hosts->n++] = h;
	return (0);
}

/* path: of the file it stands in, or NULL. */
static int
list_parse(struct span list, const char *path, struct hosts *hosts, char *err,
    size_t errlen)
{
	struct span line, entry;
	char where[300] = "";
	int number = 0;

	while (list.len > 0) {
		line = span_cut(&list, '\n');
		line = span_cut(&line, '#');
		number++;
		if (path != NULL)
			snprintf(where, sizeof(where), "%.250s line %d: ", path,
			    number);
		while (line.len > 0) {
			entry = span_trim(span_cut(&line, ','));
			if (entry.len > 0 &&
			    hosts_add(hosts, entry, where, err, errlen) != 0)
				return (-1);
		}
	}
	if (hosts->n > 0)
		return (0);
	if (path != NULL)
		return (text_why(err, errlen, "%.250s lists no host", path));
	return (text_why(err, errlen, "no host is listed"));
}

/* The byte-order mark that some editors begin a file with. */
static void
span_unmark(struct span *s)
{
	if (s->len >= 3 && memcmp(s->at, "\xef\xbb\xbf", 3) == 0) {
		s->at += 3;
		s->len -= 3;
	}
}

static int
file_parse(const char *path, struct hosts *hosts, char *err, size_t errlen)
{
	struct span list = {NULL, 0};
	char *text = NULL;
	FILE *f = fopen(path, "re");
	int rc = -1;

	if (f == NULL || (text = malloc(LIST_MAX)) == NULL) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		goto out;
	}
	list.at = text;
	list.len = fread(text, 1, LIST_MAX, f);
	if (ferror(f) || list.len == LIST_MAX)
		snprintf(err, errlen, "%s: cannot be read as a list", path);
	else if (list.len > 0 && memchr(text, '\0', list.len) != NULL)
		snprintf(err, errlen, "%s is not plain text: save it as UTF-8",
		    path);
	else {
		span_unmark(&list);
		rc = list_parse(list, path, hosts, err, errlen);
	}
out:
	free(text);
	if (f != NULL)
		fclose(f);
	return (rc);
}

int
hosts_parse_list(const char *list, struct hosts *out, char *err, size_t errlen)
{
	struct span all = {list, strlen(list)};
	struct hosts hosts = {.n = 0};

	if (list_parse(all, NULL, &hosts, err, errlen) == -1)
		return (-1);
	*out = hosts;
	return (0);
}

int
hosts_parse(const char *list, struct hosts *out, char *err, size_t errlen)
{
	struct hosts hosts = {.n = 0};

	if (list[0] != '@')
		return (hosts_parse_list(list, out, err, errlen));
	if (file_parse(list + 1, &hosts, err, errlen) == -1)
		return (-1);
	*out = hosts;
	return (0);
}

int
hosts_find(const struct hosts *hosts, const char *name)
{
	int i;

	for (i = 0; i < hosts->n; i++)
		if (strcmp(hosts->list[i].name, name) == 0)
			return (i);
	return (-1);
}

int
hosts_read(const char *name, const char *address, struct host *out)
{
	struct span n = {name, strlen(name)}, a = {address, strlen(address)};
	struct host h;

	if (a.len > EVOTE_ADDRESS_MAX || address_parse(a, &h) != 0 ||
	    span_copy(n, h.name, sizeof(h.name)) != 0)
		return (-1);
	*out = h;
	return (0);
}

void
hosts_write(const struct host *h, char address[EVOTE_ADDRESS_MAX + 1])
{
	const char *form = strchr(h->address, ':') != NULL ? "[%s]" : "%s";
	int n = snprintf(address, EVOTE_ADDRESS_MAX + 1, form, h->address);

	if (h->port != 0)
		snprintf(address + n, (size_t)(EVOTE_ADDRESS_MAX + 1 - n),
		    ":%d", h->port);
}

int
hosts_is_loopback(const struct host *h)
{
	return (strcasecmp(h->address, "localhost") == 0 ||
	    strncmp(h->address, "127.", 4) == 0 ||
	    strcmp(h->address, "::1") == 0);
}

static int
by_name(const void *a, const void *b)
{
	return (strcmp(
	    ((const struct host *)a)->name, ((const struct host *)b)->name));
}

void
hosts_digest(const struct hosts *hosts, unsigned char out[32])
{
	struct hosts sorted = *hosts;
	struct seal_part parts[EVOTE_HOSTS_MAX];
	char lines[EVOTE_HOSTS_MAX][400];
	int i, len;

	qsort(sorted.list, (size_t)sorted.n, sizeof(sorted.list[0]), by_name);
	for (i = 0; i < sorted.n; i++) {
		len = snprintf(lines[i], sizeof(lines[i]), "%s=%s:%d\n",
		    sorted.list[i].name, sorted.list[i].address,
		    sorted.list[i].port);
		parts[i] = (struct seal_part){lines[i], (size_t)len};
	}
	seal_hash(out, parts, (size_t)sorted.n);
}
