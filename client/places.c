#include "client/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/say.h"

/* "~/..." and "@~/..."; *kept is to be freed. */
static void
resolve(const char **path, char **kept)
{
	const char *home = getenv("HOME"), *rest = *path;
	int is_list = rest != NULL && *rest == '@';

	if (rest == NULL || home == NULL || home[0] == '\0' ||
	    strncmp(rest + is_list, "~/", 2) != 0)
		return;
	if (asprintf(kept, "%s%s%s", is_list ? "@" : "", home,
		rest + is_list + 1) < 0)
		abort();
	*path = *kept;
}

void
places_resolve(struct client *c)
{
	const char **const options[] = {&c->options.hosts, &c->options.key,
	    &c->options.state, &c->passphrase_file, &c->admin};

	_Static_assert(sizeof(options) / sizeof(options[0]) ==
		sizeof(c->paths) / sizeof(c->paths[0]),
	    "each has its place");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		resolve(options[i], &c->paths[i]);
}

void
places_clear(struct client *c)
{
	for (size_t i = 0; i < sizeof(c->paths) / sizeof(c->paths[0]); i++)
		free(c->paths[i]);
}

/* A file is named after an @: without it, it would be taken for a host. */
static int
is_file(const char *list)
{
	struct stat st;

	return (strpbrk(list, "=,@") == NULL && stat(list, &st) == 0 &&
	    S_ISREG(st.st_mode));
}

int
places_hosts(struct client *c)
{
	const char *list;

	if (c->options.hosts == NULL && access(CMD_HOSTS, R_OK) == 0)
		c->options.hosts = "@" CMD_HOSTS;
	if (c->options.hosts == NULL)
		return (say_usage(c,
		    "no hosts are given; use --hosts, EVOTE_HOSTS or " CMD_HOSTS
		    ""));
	list = c->options.hosts;
	if (list[strspn(list, " ,")] == '\0')
		return (say_usage(c,
		    "no hosts are given: --hosts, or EVOTE_HOSTS, is empty"));
	if (!is_file(list))
		return (-1);
	return (say_usage(c,
	    "%s is a file, and a list in a file is given with an @: did you "
	    "mean @%s? A host of that name is written as NAME=%s",
	    list, list, list));
}
