#include "server/store/format.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/seal.h"
#include "common/text.h"
#include "replica/core/config.h"
#include "server/store/files.h"
#include "server/store/host_key.h"
#include "server/store/ledger.h"

#define FORMAT_CONFIG "evote config 2\n"

static int
is_nothing(const char *name)
{
	return (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcmp(name, "lock") == 0 || strcmp(name, "lost+found") == 0);
}

enum format_state
format_look(const char *path)
{
	enum format_state state = FORMAT_EMPTY;
	struct dirent *e;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return (FORMAT_UNREADABLE);
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, "incarnation") == 0)
			state = FORMAT_WHOLE;
		else if (state == FORMAT_EMPTY && !is_nothing(e->d_name))
			state = FORMAT_HALF;
	}
	closedir(dir);
	return (state);
}

static int
ledger_make(const char *path, const struct format *new)
{
	char file[FILES_PATH];
	struct record *genesis = new->genesis;
	struct ledger *l;
	int rc;

	files_path(path, "ledger.db", file, sizeof(file));
	l = ledger_open(file, 1);
	if (l == NULL)
		return (-1);
	rc = ledger_belongs(l, new->key);
	if (rc == 0 && genesis != NULL)
		rc = ledger_append(l, &genesis, 1, 1);
	ledger_close(l);
	return (rc);
}

size_t
format_write(const evote_config *config, unsigned char value[SLOTS_MOST])
{
	const size_t at = strlen(FORMAT_CONFIG);
	unsigned char *xdr;
	long len;

	len = xdr_to_bytes((xdrproc_t)xdr_evote_config, config, &xdr);
	assert(len >= 0 && at + (size_t)len <= SLOTS_MOST);
	memcpy(value, FORMAT_CONFIG, at);
	memcpy(value + at, xdr, (size_t)len);
	free(xdr);
	return (at + (size_t)len);
}

int
format_read(evote_config *config, const unsigned char *value, size_t len)
{
	const size_t at = strlen(FORMAT_CONFIG);

	if (len < at || memcmp(value, FORMAT_CONFIG, at) != 0 ||
	    xdr_from_bytes((xdrproc_t)xdr_evote_config, config, value + at,
		len - at) == -1)
		return (-1);
	if (config_known(config))
		return (0);
	xdr_free((xdrproc_t)xdr_evote_config, config);
	return (-1);
}

static int
config_make(const char *path, const evote_config *config)
{
	unsigned char file[SLOTS_BYTES], value[SLOTS_MOST];

	slots_new(file, value, format_write(config, value));
	return (files_replace(path, "config", file, sizeof(file)));
}

static int
aside_make(const char *path)
{
	char aside[FILES_PATH];

	files_path(path, "aside", aside, sizeof(aside));
	return (mkdir(aside, 0700));
}

/*
 * Into an empty, locked directory.  The incarnation comes last: a directory
 * without it is none, whatever else is there.
 */
int
format_dir(const char *path, const struct format *new, char *err, size_t errlen)
{
	char key[64], id[64], file[FILES_PATH];

	seal_base64(key, new->key, sizeof(new->key));
	strcat(key, "\n");
	seal_hex(id, new->incarnation, sizeof(new->incarnation));
	strcat(id, "\n");
	if (new->fill != NULL) {
		files_path(path, "ledger.db", file, sizeof(file));
		if (new->fill(file, new->arg, err, errlen) == -1)
			return (-1);
	} else if (ledger_make(path, new) == -1)
		return (text_why(err, errlen,
		    "cannot make %s/ledger.db: see the log", path));
	if (files_replace(path, "cluster.key", key, strlen(key)) == -1 ||
	    host_key_make(path) == -1 || aside_make(path) == -1 ||
	    config_make(path, new->config) == -1 ||
	    files_replace(path, "incarnation", id, strlen(id)) == -1)
		return (text_why(err, errlen, "cannot format %s: %s", path,
		    strerror(errno)));
	return (0);
}
