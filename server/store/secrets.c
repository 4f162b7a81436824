#include "server/store/secrets.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "common/private.h"

int
secrets_look(const char *dir, const char *cluster_key, uid_t owner,
    struct secret found[SECRETS])
{
	static const char *const names[] = {
	    "cluster.key", "host.key", "ledger.db"};
	const int own = sizeof(names) / sizeof(names[0]);
	int n = 0;

	for (int i = 0; i < own; i++) {
		files_path(dir, names[i], found[n].path, FILES_PATH);
		found[n].doubt = private_doubt(found[n].path, owner, 0);
		n += found[n].doubt != NULL;
	}
	if (cluster_key == NULL)
		return (n);
	snprintf(found[n].path, FILES_PATH, "%s", cluster_key);
	found[n].doubt = private_doubt(cluster_key, owner, 0);
	return (n + (found[n].doubt != NULL));
}

void
secrets_tell(const char *dir, const char *cluster_key)
{
	struct secret found[SECRETS];
	int n = secrets_look(dir, cluster_key, geteuid(), found);

	for (int i = 0; i < n; i++)
		log_alarm("secret file=%s why=\"%s\" hint=\"give it to the "
			  "server's user (chown), and to nobody else (chmod "
			  "600)\"",
		    found[i].path, found[i].doubt);
}
