/* What is kept of a service that was met before, and is not asked. */
#include <stdlib.h>
#include <string.h>

#include "client/lib/keyring.h"
#include "client/lib/libevote.h"
#include "client/lib/state.h"
#include "common/seal.h"

/* The cluster's id is the end of the log's name. */
static int
log_cluster(const char *log, unsigned char cluster[16])
{
	const char *slash = strrchr(log, '/');

	return (slash != NULL ? seal_unhex(cluster, 16, slash + 1) : -1);
}

struct tlog_policy *
evote_policy_kept(const char *state, const char *log, uint64_t size,
    uint64_t *known, char damaged[PATH_MAX])
{
	struct tlog_policy *p = NULL;
	struct keyring k = {0};
	unsigned char cluster[16];
	char path[PATH_MAX] = "", *text;

	damaged[0] = '\0';
	if (log_cluster(log, cluster) != 0 ||
	    !state_keys_of(state, cluster, &text, known, path, sizeof(path)))
		return (NULL);
	if (keyring_read(&k, text) != 0)
		memcpy(damaged, path, sizeof(path));
	else if (strcmp(k.log.name, log) == 0)
		p = keyring_policy(&k, size);
	/* An older version has not noted it. */
	if (k.n > 0 && k.hosts[k.n - 1].seq >= *known)
		*known = k.hosts[k.n - 1].seq + 1;
	keyring_clear(&k);
	free(text);
	return (p);
}

char *
evote_checkpoint_kept(
    const char *state, const char *log, char *path, size_t size)
{
	unsigned char cluster[16];
	char *note;

	if (log_cluster(log, cluster) != 0 ||
	    !state_checkpoint_of(state, cluster, &note, path, size))
		return (NULL);
	return (note);
}
