#include "client/proved.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/json.h"
#include "client/say.h"
#include "common/file.h"
#include "common/receipt.h"

#define NAMES 2000

static int
has_signed(const struct tlog_verdict *v, int node)
{
	return ((v->signed_by >> node & 1) != 0);
}

/* Whether the node is a host that has signed, or else one that has not. */
static int
is_one(const struct tlog_policy *p, const struct tlog_verdict *v, int node,
    int have)
{
	return (p->nodes[node].n == 0 && has_signed(v, node) == have);
}

static unsigned
count(const struct tlog_policy *p, const struct tlog_verdict *v, int have)
{
	unsigned n = 0;

	for (int i = 0; i < p->n_nodes; i++)
		n += (unsigned)is_one(p, v, i, have);
	return (n);
}

void
proved_names(const struct tlog_policy *p, const struct tlog_verdict *v,
    int have, char *out, size_t size)
{
	unsigned n = count(p, v, have), at = 0;

	out[0] = '\0';
	for (int i = 0; i < p->n_nodes; i++)
		if (is_one(p, v, i, have))
			say_and(out, size, p->nodes[i].name, at++, n);
}

void
proved_signers(const struct tlog_policy *p, const struct tlog_verdict *v,
    char *out, size_t size)
{
	unsigned n = count(p, v, 1), lacking = count(p, v, 0);
	char have[NAMES], lack[NAMES];

	proved_names(p, v, 1, have, sizeof(have));
	proved_names(p, v, 0, lack, sizeof(lack));
	if (n + lacking == 0)
		snprintf(out, size,
		    "the service alone, since no host has a key yet");
	else if (lacking == 0)
		snprintf(out, size, "%s", have);
	else
		snprintf(out, size, "%s%s; %s %s not signed",
		    n == 0 ? "no host" : have, n == 1 ? " alone" : "", lack,
		    lacking == 1 ? "has" : "have");
}

const char *
proved_blind(const struct evote_proof *p)
{
	return (p->by_token ? ". Since you logged in for it, only the service "
			      "can tell that "
			      "the record is of your choice"
			    : "");
}

int
proved_ask(struct client *c, struct evote *e, struct evote_proof *p)
{
	enum evote_outcome outcome = evote_checkpoint(e, NULL, p);

	if (outcome != EVOTE_CHANGED)
		return (-1);
	return (say_problem(
	    c, evote_problem(e), outcome, "The service cannot be relied on"));
}

int
proved_continues(struct client *c, struct evote *e)
{
	struct evote_proof p;
	int status = proved_ask(c, e, &p);

	evote_proof_clear(&p);
	return (status);
}

/* ---- for programs ---- */

static void
names_json(cJSON *object, const char *key, const struct tlog_policy *p,
    const struct tlog_verdict *v, int have)
{
	cJSON *list = json_list(object, key);

	for (int i = 0; i < p->n_nodes; i++)
		if (is_one(p, v, i, have))
			json_item_text(list, p->nodes[i].name);
}

void
proved_json(
    cJSON *object, const struct tlog_policy *p, const struct tlog_verdict *v)
{
	names_json(object, "signed_by", p, v, 1);
	names_json(object, "not_signed_by", p, v, 0);
}

void
proved_hosts_json(cJSON *object, const struct tlog_policy *p)
{
	cJSON *list = json_list(object, "hosts"), *host;
	char vkey[NOTE_VKEY];

	for (int i = 0; i < p->n_nodes; i++) {
		if (p->nodes[i].n > 0)
			continue;
		note_vkey_write(&p->nodes[i].key, vkey);
		host = json_item(list);
		json_text(host, "name", p->nodes[i].name);
		json_text(host, "key", vkey);
	}
}

void
proved_receipt_json(cJSON *object, const struct evote_proof *p)
{
	char root[2 * SEAL_HASH + 1];

	seal_hex(root, p->root, sizeof(p->root));
	json_text(object, "file", p->path);
	json_number(object, "record", p->seq);
	json_flag(object, "choice_compared", !p->by_token);
	json_number(object, "size", p->size);
	json_text(object, "root", root);
	proved_json(object, p->policy, &p->verdict);
}

/* ---- files ---- */

char *
proved_file(struct client *c, const char *path, size_t *len, int *status)
{
	char *text = file_read(path, PROVED_MOST, len);

	if (text == NULL)
		*status = say_usage(c, "%s: %s", path, strerror(errno));
	return (text);
}

/*
 * 1: a plain file, 0: nothing, -1: something else, told.  Looked at before it
 * is opened, since opening a pipe waits, and a device may do anything.
 */
static int
plain_look(struct client *c, const char *path, int *status)
{
	struct stat st;

	if (lstat(path, &st) != 0 && errno == ENOENT)
		return (0);
	if (lstat(path, &st) != 0)
		*status = say_usage(c, "%s: %s", path, strerror(errno));
	else if (S_ISLNK(st.st_mode))
		*status = say_usage(c,
		    "%s is a symbolic link, and was left as it is; give the "
		    "name of a file",
		    path);
	else if (!S_ISREG(st.st_mode))
		*status = say_usage(c,
		    "%s is not a plain file, and was left as it is; give "
		    "another name",
		    path);
	else
		return (1);
	return (-1);
}

int
proved_old(struct client *c, const char *path, const char *head, char **old)
{
	int status = -1, there = plain_look(c, path, &status);
	size_t len;

	*old = NULL;
	if (there <= 0)
		return (status);
	if ((*old = proved_file(c, path, &len, &status)) == NULL)
		return (status);
	if (len == 0 || strncmp(*old, head, strlen(head)) == 0)
		return (-1);
	free(*old);
	*old = NULL;
	return (say_usage(
	    c, "%s exists, and is something else; give another name", path));
}

int
proved_write(struct client *c, const char *path, const char *head, mode_t mode,
    const char *text)
{
	char *new, *old;
	int fd, ok, status = proved_old(c, path, head, &old);

	free(old);
	if (status >= 0)
		return (status);
	if (asprintf(&new, "%s.%d.new", path, (int)getpid()) < 0)
		return (say_usage(c, "no memory"));
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	ok = fd >= 0 && dprintf(fd, "%s", text) == (int)strlen(text) &&
	    fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		ok = 0;
	if (!ok || rename(new, path) != 0) {
		status = say_usage(c, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			unlink(new);
	}
	free(new);
	return (status);
}
