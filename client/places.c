#include "client/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/say.h"

/* The path, or in out the one that "MARK~/..." stands for, with the mark. */
static const char *
resolve(const char *path, const char *mark, char *out, size_t size)
{
	const char *home = getenv("HOME");
	size_t n = strlen(mark);

	if (path == NULL || home == NULL || strncmp(path, mark, n) != 0 ||
	    strncmp(path + n, "~/", 2) != 0)
		return (path);
	snprintf(out, size, "%s%s%s", mark, home, path + n + 1);
	return (out);
}

void
places_key(struct client *c)
{
	c->options.key = resolve(c->options.key, "", c->key, sizeof(c->key));
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
	c->options.hosts =
	    resolve(c->options.hosts, "@", c->hosts, sizeof(c->hosts));
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
