#include "hosts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seal.h"
#include "text.h"

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

static int
span_port(struct span s, int *port)
{
	char digits[6], *end;
	long n;

	if (span_copy(s, digits, sizeof(digits)) != 0 ||
	    !isdigit((unsigned char)digits[0]))
		return (-1);
	n = strtol(digits, &end, 10);
	if (*end != '\0' || n < 1 || n > 65535)
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
		return (span_copy(address, h->address, sizeof(h->address)));
	}
	address = span_cut(&s, ':');
	if (address.at + address.len != s.at && span_port(s, &h->port) != 0)
		return (-1);
	return (span_copy(address, h->address, sizeof(h->address)));
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
	return (span_copy(name, h->name, sizeof(h->name)));
}

static int
hosts_add(struct hosts *hosts, struct span s, char *err, size_t errlen)
{
	struct host h;

	if (host_parse(s, &h) != 0) {
		snprintf(err, errlen, "\"%.*s\" is not NAME=HOST[:PORT]",
		    (int)(s.len < 200 ? s.len : 200), s.at);
		return (-1);
	}
	if (hosts_find(hosts, h.name) >= 0) {
		snprintf(err, errlen, "the host %s is listed twice", h.name);
		return (-1);
	}
	if (hosts->n == EVOTE_HOSTS_MAX) {
		snprintf(err, errlen, "more than %d hosts", EVOTE_HOSTS_MAX);
		return (-1);
	}
	hosts->list[hosts->n++] = h;
	return (0);
}

static int
list_parse(struct span list, struct hosts *hosts, char *err, size_t errlen)
{
	struct span line, entry;

	while (list.len > 0) {
		line = span_cut(&list, '\n');
		line = span_cut(&line, '#');
		while (line.len > 0) {
			entry = span_trim(span_cut(&line, ','));
			if (entry.len > 0 &&
			    hosts_add(hosts, entry, err, errlen) != 0)
				return (-1);
		}
	}
	if (hosts->n > 0)
		return (0);
	snprintf(err, errlen, "no host is listed");
	return (-1);
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
	else
		rc = list_parse(list, hosts, err, errlen);
out:
	free(text);
	if (f != NULL)
		fclose(f);
	return (rc);
}

int
hosts_parse(const char *list, struct hosts *out, char *err, size_t errlen)
{
	struct span all = {list, strlen(list)};
	struct hosts hosts = {.n = 0};
	int rc;

	rc = list[0] == '@' ? file_parse(list + 1, &hosts, err, errlen)
			    : list_parse(all, &hosts, err, errlen);
	if (rc == 0)
		*out = hosts;
	return (rc);
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
