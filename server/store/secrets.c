#include "server/store/secrets.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/private.h"
#include "common/text.h"

/* n, or one more. */
static int
secret_add(struct secret found[SECRETS], int n, const char *path, uid_t owner)
{
	const char *doubt = private_doubt(path, owner, 0);

	if (doubt == NULL || n == SECRETS)
		return (n);
	snprintf(found[n].path, FILES_PATH, "%s", path);
	found[n].doubt = doubt;
	return (n + 1);
}

/* What was cut off the ledger: disk.c. */
static int
aside_add(struct secret found[SECRETS], int n, const char *dir, uid_t owner)
{
	char aside[FILES_PATH], path[FILES_PATH];
	struct dirent *d;
	DIR *files;

	files_path(dir, "aside", aside, sizeof(aside));
	if ((files = opendir(aside)) == NULL)
		return (n);
	while ((d = readdir(files)) != NULL)
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", aside,
			d->d_name) < sizeof(path))
			n = secret_add(found, n, path, owner);
	closedir(files);
	return (n);
}

int
secrets_look(const char *dir, const char *cluster_key, uid_t owner,
    struct secret found[SECRETS])
{
	static const char *const names[] = {
	    "cluster.key", "host.key", "ledger.db", "ledger.db-wal"};
	char path[FILES_PATH];
	int n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		files_path(dir, names[i], path, sizeof(path));
		n = secret_add(found, n, path, owner);
	}
	if (cluster_key != NULL)
		n = secret_add(found, n, cluster_key, owner);
	return (aside_add(found, n, dir, owner));
}

void
secrets_tell(const char *dir, const char *cluster_key, char told[SECRETS_TOLD])
{
	struct secret found[SECRETS];
	int n = secrets_look(dir, cluster_key, geteuid(), found);
	char now[SECRETS_TOLD] = "";

	for (int i = 0; i < n; i++)
		text_join(now, sizeof(now), ", ", found[i].path);
	if (strcmp(now, told) == 0)
		return;
	memcpy(told, now, sizeof(now));
	if (n == 0)
		log_info("secret files=private");
	for (int i = 0; i < n; i++)
		log_alarm("secret file=%s why=\"%s\" hint=\"give it to the "
			  "server's user (chown), and to nobody else (chmod "
			  "600)\"",
		    found[i].path, found[i].doubt);
}
