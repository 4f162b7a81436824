#include "server/preflight_data.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/tls.h"
#include "common/seal.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/format.h"
#include "server/store/host_key.h"
#include "server/store/mark.h"
#include "server/store/secrets.h"
#include "server/store/view.h"

#define REJOIN "move the directory aside and let this host join again"

/* What root has made in it is the usual mistake; else this is to be done. */
static void
data_wrong(struct preflight *p, const char *why, const char *todo)
{
	char user[64], group[64], give[FILES_PATH + 200];

	files_user(user, group, sizeof(user));
	snprintf(give, sizeof(give),
	    "; give all of it to the server's user: chown -R %s:%s %s", user,
	    group, p->conf->data);
	found(p, FOUND_WRONG, "data", "%s%s", why,
	    strstr(why, strerror(EACCES)) != NULL ? give : todo);
}

static void
key_look(struct preflight *p, enum format_state state)
{
	unsigned char own[32], given[32];
	char path[FILES_PATH], err[512];

	if (p->conf->cluster_key == NULL) {
		if (state == FORMAT_EMPTY)
			found(p, FOUND_WRONG, "key",
			    "An empty directory joins only with the cluster's "
			    "key: set cluster-key");
		return;
	}
	files_path(p->conf->data, "cluster.key", path, sizeof(path));
	if (datadir_key(p->conf->cluster_key, given, err, sizeof(err)) == -1)
		found(p, FOUND_WRONG, "key", "%s", err);
	else if (state == FORMAT_WHOLE &&
	    datadir_key(path, own, err, sizeof(err)) == 0 &&
	    !seal_equal(own, given, sizeof(own)))
		found(p, FOUND_WRONG, "key",
		    "%s is the key of another cluster than %s; name the right "
		    "key, or an empty directory",
		    p->conf->cluster_key, path);
	else
		found(p, FOUND_OK, "key", "%s is a cluster's key",
		    p->conf->cluster_key);
}

/*
 * Whoever is given that list reaches only a service with its pin.  Of a key
 * that cannot be read another line tells.
 */
static void
pin_look(struct preflight *p, enum format_state state)
{
	const char *listed = p->conf->hosts.pin, *file = p->conf->cluster_key;
	char own[FILES_PATH], pin[TLS_PIN], err[512];
	unsigned char key[32];

	files_path(p->conf->data, "cluster.key", own, sizeof(own));
	if (state == FORMAT_WHOLE)
		file = own;
	if (listed[0] == '\0' || file == NULL ||
	    datadir_key(file, key, err, sizeof(err)) == -1)
		return;
	tls_pin(key, pin);
	explicit_bzero(key, sizeof(key));
	if (strcmp(listed, pin) == 0)
		found(p, FOUND_OK, "pin",
		    "The hosts list has the pin of this cluster");
	else
		found(p, FOUND_WRONG, "pin",
		    "The hosts list has another cluster's pin, %s, so whoever "
		    "is given this list cannot vote here; if the list is that "
		    "cluster's, take the right one, else write \"pin %s\", "
		    "which belongs to %s",
		    listed, pin, file);
}

/* As root asks, whom the package has the server run as; NULL: nobody else. */
static const struct passwd *
service_user(void)
{
	const struct passwd *u = geteuid() == 0 ? getpwnam("evote") : NULL;

	return (u != NULL && u->pw_uid != 0 ? u : NULL);
}

/* Whose the data are, or will be. */
static uid_t
server_uid(const struct preflight *p)
{
	const struct passwd *u = service_user();
	struct stat st;

	if (stat(p->conf->data, &st) == 0 && (st.st_uid != 0 || u == NULL))
		return (st.st_uid);
	return (u != NULL ? u->pw_uid : geteuid());
}

static void
secrets_find(struct preflight *p)
{
	uid_t owner = server_uid(p);
	const struct passwd *u = getpwuid(owner);
	struct secret found_in[SECRETS];
	int n;

	n = secrets_look(p->conf->data, p->conf->cluster_key, owner, found_in);
	for (int i = 0; i < n; i++)
		found(p, FOUND_WRONG, "secret",
		    "%s %s; it has to be the server's alone: chown %s %s && "
		    "chmod 600 %s",
		    found_in[i].path, found_in[i].doubt,
		    u != NULL ? u->pw_name : "evote", found_in[i].path,
		    found_in[i].path);
}

static void
claim_look(struct preflight *p, struct view *v, const unsigned char mark[MARK])
{
	struct view_claim claim;
	char err[512];

	if (view_claim(v, &claim, err, sizeof(err)) == -1)
		data_wrong(p, err, "");
	else if (claim.marked && !seal_equal(mark, claim.mark, MARK))
		found(p, FOUND_WRONG, "data",
		    "The ledger was made with another cluster's key than "
		    "%s/cluster.key: put that key back, or give the new "
		    "cluster an empty directory",
		    p->conf->data);
	else if (view_accepted(&claim) > view_size(v))
		found(p, FOUND_WRONG, "data",
		    "The ledger has %" PRIu64 " records, and this host has "
		    "accepted %" PRIu64 ": it is an old one; " REJOIN,
		    view_size(v), view_accepted(&claim));
	else
		found(p, FOUND_OK, "data",
		    "%s has %" PRIu64 " records, of this version's format; "
		    "only the start verifies them",
		    p->conf->data, view_size(v));
}

static void
whole_look(struct preflight *p)
{
	char path[FILES_PATH], err[1024];
	unsigned char key[32], mark[MARK];
	struct view *v;
	int rc;

	files_path(p->conf->data, "cluster.key", path, sizeof(path));
	rc = datadir_key(path, key, err, sizeof(err));
	if (rc == 0) {
		mark_of(key, mark);
		rc = host_key_read(p->conf->data, key, err, sizeof(err));
	}
	explicit_bzero(key, sizeof(key));
	if (rc == -1) {
		data_wrong(p, err, "");
		return;
	}
	v = view_open(p->conf->data, p->conf->data, REJOIN, err, sizeof(err));
	if (v != NULL) {
		claim_look(p, v, mark);
		view_close(v);
		return;
	}
	p->running = strstr(err, "is in use by process") != NULL;
	if (p->running)
		found(p, FOUND_NOTE, "data",
		    "A server is running with this directory");
	else
		data_wrong(p, err, "");
}

/* Who looks need not be who will run. */
static void
owner_look(struct preflight *p)
{
	const struct passwd *u = service_user();
	char user[64], group[64];
	struct stat st;

	if (stat(p->conf->data, &st) != 0)
		return;
	if (st.st_uid == 0 && u != NULL) {
		files_user(user, group, sizeof(user));
		found(p, FOUND_NOTE, "data",
		    "%s belongs to root, and the package runs the server as "
		    "%s: for that give all of it to this user: chown -R "
		    "%s:%s %s",
		    p->conf->data, user, user, group, p->conf->data);
	} else if (st.st_uid != geteuid())
		found(p, FOUND_NOTE, "data",
		    "%s belongs to another user than the one who asks: run "
		    "this check as that user",
		    p->conf->data);
}

static void
missing_look(struct preflight *p)
{
	char user[64], group[64];

	files_user(user, group, sizeof(user));
	found(p, FOUND_WRONG, "data",
	    "%s is not there; make it: install -d -o %s -g %s -m 700 %s. Only "
	    "the first host of a new cluster has init make it",
	    p->conf->data, user, group, p->conf->data);
}

void
preflight_data(struct preflight *p)
{
	const char *path = p->conf->data;
	enum format_state state = format_look(path);
	int error = errno;
	char why[1024];

	switch (state) {
	case FORMAT_UNREADABLE:
		snprintf(why, sizeof(why), "%s cannot be read: %s", path,
		    strerror(error));
		if (error == ENOENT)
			missing_look(p);
		else
			data_wrong(p, why, "; set data to a directory");
		return;
	case FORMAT_HALF:
		found(p, FOUND_WRONG, "data",
		    "%s is not empty, and is no data directory (or making one "
		    "was interrupted): move its contents elsewhere",
		    path);
		return;
	case FORMAT_EMPTY:
		found(p, FOUND_OK, "data", "%s is empty: %s", path,
		    p->conf->witness ? "this witness is a new one"
				     : "this host will join");
		break;
	case FORMAT_WHOLE:
		whole_look(p);
		break;
	}
	owner_look(p);
	if (access(path, W_OK | X_OK) == -1) {
		snprintf(why, sizeof(why), "%s cannot be written: %s", path,
		    strerror(errno));
		data_wrong(p, why, "; mount it for writing");
	}
	key_look(p, state);
	pin_look(p, state);
	secrets_find(p);
}
