#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/number.h"
#include "common/text.h"
#include "replica/core/times.h"
#include "server/conf.h"

#define EXIT_USAGE 2
#define CONFIG	   "/etc/evote/evote.conf"

static const char usage[] =
    "usage: evote_server init [--data DIR] [--origin NAME]\n"
    "       evote_server [--config FILE] [--data DIR] [--name NAME]\n"
    "                    [--hosts LIST] [--cluster-key FILE]\n"
    "                    [--admin-socket PATH] [--no-portmap]\n"
    "                    [--failback auto|manual] [--role host|witness]\n"
    "                    [--suspect-ms N] [--hang-ms N] [--trust-clock]\n"
    "                    [--verbose]\n"
    "\n"
    "init makes a new cluster in DIR: its key, its id, an empty ledger.\n"
    "Otherwise this host of the cluster is run.  An empty DIR joins the\n"
    "cluster whose key file is given.\n"
    "\n"
    "  --config FILE       lines \"option = value\", names as here; without\n"
    "                      another option: /etc/evote/evote.conf\n"
    "  --data DIR          this host's data directory\n"
    "  --origin NAME       init: what this service is called by its voters\n"
    "  --name NAME         which entry of the hosts list this host is\n"
    "  --hosts LIST        NAME=HOST[:PORT],... preferred first, or @FILE\n"
    "  --cluster-key FILE  the key all hosts share (DIR/cluster.key of one)\n"
    "  --admin-socket PATH for operators on this machine (DIR/admin.sock)\n"
    "  --no-portmap        do not register with rpcbind; needs a PORT\n"
    "  --failback MODE     auto: give the service back to a preferred host\n"
    "                      once it is level (default); manual: only when told\n"
    "  --role ROLE         host (default), or witness: an arbiter that holds "
    "no\n"
    "                      votes; the hosts list has it besides the hosts\n"
    "  --suspect-ms N      silence after which a host counts as dead (3000)\n"
    "  --hang-ms N         time after which a disk that does not answer ends\n"
    "                      this host if another one can go on (10000)\n"
    "  --trust-clock       this clock is right, though nothing confirms it\n"
    "  --verbose           log more\n"
    "  --version           print the version\n"
    "  --help              print this\n";

enum option_id {
	OPT_CONFIG = 256,
	OPT_DATA,
	OPT_ORIGIN,
	OPT_NAME,
	OPT_HOSTS,
	OPT_CLUSTER_KEY,
	OPT_ADMIN_SOCKET,
	OPT_NO_PORTMAP,
	OPT_FAILBACK,
	OPT_ROLE,
	OPT_SUSPECT,
	OPT_HANG,
	OPT_TRUST_CLOCK,
	OPT_VERBOSE,
	OPT_VERSION,
	OPT_HELP
};

static const struct option options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"data", required_argument, NULL, OPT_DATA},
    {"origin", required_argument, NULL, OPT_ORIGIN},
    {"name", required_argument, NULL, OPT_NAME},
    {"hosts", required_argument, NULL, OPT_HOSTS},
    {"cluster-key", required_argument, NULL, OPT_CLUSTER_KEY},
    {"admin-socket", required_argument, NULL, OPT_ADMIN_SOCKET},
    {"no-portmap", no_argument, NULL, OPT_NO_PORTMAP},
    {"failback", required_argument, NULL, OPT_FAILBACK},
    {"role", required_argument, NULL, OPT_ROLE},
    {"suspect-ms", required_argument, NULL, OPT_SUSPECT},
    {"hang-ms", required_argument, NULL, OPT_HANG},
    {"trust-clock", no_argument, NULL, OPT_TRUST_CLOCK},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* A line of a configuration file, or the command line: "". */
__attribute__((format(printf, 2, 3))) static int
wrong(const char *where, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "evote_server: %s", where);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'evote_server --help'.\n", stderr);
	return (EXIT_USAGE);
}

static void
set(char **to, const char *value)
{
	free(*to);
	if ((*to = strdup(value)) == NULL)
		abort();
}

static int
take_ms(unsigned *ms, const char *where, const char *name, const char *value)
{
	uint64_t n;

	if (number_read(value, 300, 600000, &n) == -1)
		return (wrong(where,
		    "%s is a number of milliseconds from 300 to 600000, not "
		    "\"%s\"",
		    name, value));
	*ms = (unsigned)n;
	return (-1);
}

/* -1: taken; else the exit status. */
static int
take(struct conf *c, const char *where, int id, const char *value)
{
	char err[512];

	switch (id) {
	case OPT_DATA:
		set(&c->data, value);
		break;
	case OPT_ORIGIN:
		if (!text_is_name(value, EVOTE_NAME_MAX))
			return (wrong(
			    where, "--origin is not a name: \"%s\"", value));
		set(&c->origin, value);
		break;
	case OPT_NAME:
		set(&c->name, value);
		break;
	case OPT_HOSTS:
		if (hosts_parse(value, &c->hosts, err, sizeof(err)) == -1)
			return (wrong(where, "%s", err));
		break;
	case OPT_CLUSTER_KEY:
		set(&c->cluster_key, value);
		break;
	case OPT_ADMIN_SOCKET:
		set(&c->admin_socket, value);
		break;
	case OPT_NO_PORTMAP:
		c->portmap = 0;
		break;
	case OPT_FAILBACK:
		c->failback = strcmp(value, "auto") == 0;
		if (!c->failback && strcmp(value, "manual") != 0)
			return (wrong(where,
			    "--failback is auto or manual, not "
			    "\"%s\"",
			    value));
		break;
	case OPT_ROLE:
		c->witness = strcmp(value, "witness") == 0;
		if (!c->witness && strcmp(value, "host") != 0)
			return (wrong(where,
			    "--role is host or witness, not \"%s\"", value));
		break;
	case OPT_SUSPECT:
		return (take_ms(&c->suspect_ms, where, "--suspect-ms", value));
	case OPT_HANG:
		return (take_ms(&c->hang_ms, where, "--hang-ms", value));
	case OPT_TRUST_CLOCK:
		c->trust_clock = 1;
		break;
	case OPT_VERBOSE:
		c->verbose = 1;
		break;
	}
	return (-1);
}

/* Without blanks and line ends around it, whoever's they are. */
static char *
trim(char *s)
{
	static const char blanks[] = " \t\r\n\v\f";
	size_t len;

	s += strspn(s, blanks);
	len = strlen(s);
	while (len > 0 && strchr(blanks, s[len - 1]) != NULL)
		s[--len] = '\0';
	return (s);
}

/* The option of that name that a file may set, or NULL. */
static const struct option *
option_find(const char *name)
{
	for (const struct option *o = options; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0 && o->val != OPT_CONFIG &&
		    o->val != OPT_VERSION && o->val != OPT_HELP)
			return (o);
	return (NULL);
}

/* One line of a configuration file; flags are "yes" or "no". */
static int
take_line(struct conf *c, const char *where, char *line)
{
	const struct option *o;
	char *key, *value;

	line[strcspn(line, "#")] = '\0';
	key = trim(line);
	if (*key == '\0')
		return (-1);
	value = strchr(key, '=');
	if (value == NULL)
		return (
		    wrong(where, "want \"option = value\", not \"%s\"", key));
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	if (strncmp(key, "--", 2) == 0)
		return (
		    wrong(where, "in a file the option is \"%s\"", key + 2));
	if ((o = option_find(key)) == NULL)
		return (wrong(where, "no option is named \"%s\"", key));
	if (value[0] == '"' || value[0] == '\'')
		return (wrong(where, "write %s without quotes", value));
	if (o->has_arg == required_argument)
		return (take(c, where, o->val, value));
	if (strcmp(value, "yes") == 0)
		return (take(c, where, o->val, value));
	if (strcmp(value, "no") == 0)
		return (-1);
	return (wrong(where, "%s is yes or no", key));
}

static int
take_lines(struct conf *c, const char *path, FILE *f)
{
	char where[512], *line = NULL, *text;
	int rc = -1, number = 0;
	size_t size = 0;
	ssize_t len;

	while (rc == -1 && (len = getline(&line, &size, f)) != -1) {
		snprintf(
		    where, sizeof(where), "%.400s line %d: ", path, ++number);
		text = line;
		/* The byte-order mark that some editors begin a file with. */
		if (number == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
			text += 3;
		rc = strlen(line) == (size_t)len
		    ? take_line(c, where, text)
		    : wrong(where, "not plain text: save the file as UTF-8");
	}
	free(line);
	if (rc == -1 && ferror(f))
		return (wrong("", "cannot read %s: %s", path, strerror(errno)));
	return (rc);
}

static int
take_file(struct conf *c, const char *path)
{
	FILE *f = fopen(path, "re");
	int rc;

	if (f == NULL)
		return (wrong("", "cannot read %s: %s", path, strerror(errno)));
	rc = take_lines(c, path, f);
	fclose(f);
	return (rc);
}

/* Everything needed is there and fits together. */
static int
check(struct conf *c)
{
	char path[4096];

	if (c->data == NULL)
		return (wrong("", "--data is missing"));
	if (c->command == CONF_INIT)
		return (-1);
	if (c->origin != NULL)
		return (wrong("", "--origin is given once, to init"));
	if (c->name == NULL)
		return (wrong("", "--name is missing"));
	if (c->hosts.n == 0)
		return (wrong("", "--hosts is missing"));
	c->self = hosts_find(&c->hosts, c->name);
	if (c->self < 0)
		return (wrong("",
		    "the hosts list does not name this host, \"%s\"", c->name));
	if (!c->portmap && c->hosts.list[c->self].port == 0)
		return (wrong("",
		    "with --no-portmap the hosts list needs a port "
		    "for \"%s\"",
		    c->name));
	if (c->admin_socket == NULL) {
		snprintf(path, sizeof(path), "%s/admin.sock", c->data);
		set(&c->admin_socket, path);
	}
	return (-1);
}

int
conf_read(struct conf *c, int argc, char **argv)
{
	int id, rc, told = 0;

	memset(c, 0, sizeof(*c));
	c->portmap = c->failback = 1;
	c->suspect_ms = SUSPECT_MS;
	c->hang_ms = 10000;
	if (argc > 1 && strcmp(argv[1], "init") == 0) {
		c->command = CONF_INIT;
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	/* The file first, wherever it stands: the command line wins. */
	opterr = 0;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		told |= id != '?' && id != OPT_ORIGIN;
		if (id == OPT_CONFIG && (rc = take_file(c, optarg)) != -1)
			return (rc);
	}
	if (!told && access(CONFIG, F_OK) == 0 &&
	    (rc = take_file(c, CONFIG)) != -1)
		return (rc);
	optind = 1;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == OPT_HELP) {
			fputs(usage, stdout);
			return (0);
		}
		if (id == OPT_VERSION) {
			puts("evote_server " VERSION);
			return (0);
		}
		if (id == '?')
			return (wrong("", "no such option, or no value: %s",
			    argv[optind - 1]));
		if ((rc = take(c, "", id, optarg)) != -1)
			return (rc);
	}
	if (optind < argc)
		return (wrong("", "what is \"%s\"?", argv[optind]));
	return (check(c));
}

void
conf_clear(struct conf *c)
{
	free(c->data);
	free(c->origin);
	free(c->name);
	free(c->cluster_key);
	free(c->admin_socket);
	memset(c, 0, sizeof(*c));
}
