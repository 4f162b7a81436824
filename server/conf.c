#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/need.h"
#include "common/number.h"
#include "common/options.h"
#include "common/options_file.h"
#include "common/text.h"
#include "replica/core/times.h"
#include "server/conf.h"

#define CONFIG "/etc/evote/evote.conf"

__attribute__((format(printf, 1, 2))) static int
wrong(const char *fmt, ...)
{
	va_list ap;

	fputs("evote_server: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'evote_server --help'.\n", stderr);
	return (EXIT_USAGE);
}

/* ---- the options ---- */

static int
text_take(void *at, const char *value, char *err, size_t errlen)
{
	char **to = at;

	free(*to);
	*to = need_copy(value);
	return (0);
}

static int
origin_take(void *at, const char *value, char *err, size_t errlen)
{
	if (text_is_name(value, EVOTE_NAME_MAX))
		return (text_take(at, value, err, errlen));
	return (text_why(err, errlen, "\"%s\" is not a name", value));
}

static int
hosts_take(void *at, const char *value, char *err, size_t errlen)
{
	return (hosts_parse(value, at, err, errlen));
}

static int
no_take(void *at, const char *value, char *err, size_t errlen)
{
	*(int *)at = 0;
	return (0);
}

/* One word for 0, another for 1. */
static int
either(int *to, const char *value, const char *no, const char *yes, char *err,
    size_t errlen)
{
	if (strcmp(value, no) != 0 && strcmp(value, yes) != 0)
		return (text_why(err, errlen, "\"%s\" is neither %s nor %s",
		    value, yes, no));
	*to = strcmp(value, yes) == 0;
	return (0);
}

static int
failback_take(void *at, const char *value, char *err, size_t errlen)
{
	return (either(at, value, "manual", "auto", err, errlen));
}

static int
tls_take(void *at, const char *value, char *err, size_t errlen)
{
	return (either(at, value, "allow", "require", err, errlen));
}

static int
role_take(void *at, const char *value, char *err, size_t errlen)
{
	return (either(at, value, "host", "witness", err, errlen));
}

static int
ms_take(void *at, const char *value, char *err, size_t errlen)
{
	uint64_t n;

	if (number_read(value, 300, 600000, &n) == -1)
		return (text_why(err, errlen,
		    "\"%s\" is not a number of milliseconds from 300 to 600000",
		    value));
	*(unsigned *)at = (unsigned)n;
	return (0);
}

#define TEXT(field) .at = offsetof(struct conf, field), .take = text_take

static const struct option_row options[] = {
    {"config", "FILE",
	"lines \"option = value\", names as here; without another option: "
	"/etc/evote/evote.conf",
	TEXT(config), .by_hand = 1},
    {"data", "DIR", "this host's data directory", TEXT(data)},
    {"origin", "NAME", "init: the name of this service, which voters sign",
	.at = offsetof(struct conf, origin), .take = origin_take,
	.use = OPTION_APART},
    {"checkpoint", "FILE", "audit: a checkpoint that this ledger has to fit",
	TEXT(checkpoint), .use = OPTION_APART, .by_hand = 1},
    {"policy", "FILE", "audit: who has to have signed the checkpoint",
	TEXT(policy), .use = OPTION_APART, .by_hand = 1},
    {"json", NULL, "audit: print JSON, for programs",
	.at = offsetof(struct conf, json), .use = OPTION_APART, .by_hand = 1},
    {"name", "NAME", "which entry of the hosts list this host is", TEXT(name)},
    {"hosts", "LIST", "NAME=HOST[:PORT],... preferred first, or @FILE",
	.at = offsetof(struct conf, hosts), .take = hosts_take},
    {"cluster-key", "FILE", "the key all hosts share (DIR/cluster.key of one)",
	TEXT(cluster_key)},
    {"admin-socket", "PATH", "for operators on this machine (DIR/admin.sock)",
	TEXT(admin_socket)},
    {"no-portmap", NULL, "do not register with rpcbind; needs a PORT",
	.at = offsetof(struct conf, portmap), .take = no_take},
    {"failback", "auto|manual",
	"auto (default): a preferred host gets the service back once it has "
	"caught up; manual: only by a handover",
	.at = offsetof(struct conf, failback), .take = failback_take},
    {"role", "host|witness",
	"host (default), or witness: an arbiter that holds no votes; it comes "
	"after the hosts in the hosts list",
	.at = offsetof(struct conf, witness), .take = role_take},
    {"tls", "allow|require",
	"allow (default): clients and hosts may speak TLS; require: they must",
	.at = offsetof(struct conf, tls_required), .take = tls_take},
    {"suspect-ms", "N",
	"milliseconds of silence after which a host counts as dead (3000)",
	.at = offsetof(struct conf, suspect_ms), .take = ms_take},
    {"no-refused-proof", NULL,
	"a refused connection does not prove that a host is dead; for hosts "
	"with a relay at TCP level between them",
	.at = offsetof(struct conf, refused_proof), .take = no_take},
    {"hang-ms", "N",
	"end this host when its disk has not answered for so many "
	"milliseconds and another host can go on (10000)",
	.at = offsetof(struct conf, hang_ms), .take = ms_take},
    {"trust-clock", NULL,
	"let elections close by this clock even if nothing confirms it",
	.at = offsetof(struct conf, trust_clock)},
    {"verbose", NULL, "log more", .at = offsetof(struct conf, verbose)},
    {"version", NULL, "print the version", .at = offsetof(struct conf, version),
	.use = OPTION_APART, .by_hand = 1},
    {0},
};

static uint32_t
bit_of(const struct option_row *o)
{
	return (1u << (o - options));
}

static int
help(void)
{
	char synopsis[600];

	puts("usage: evote_server init [--data DIR] [--origin NAME]\n"
	     "       evote_server check [OPTION ...]\n"
	     "       evote_server export [--data DIR] FILE\n"
	     "       evote_server import [--data DIR] [--cluster-key FILE] "
	     "FILE\n"
	     "       evote_server audit [--data DIR] [--checkpoint FILE] "
	     "[--policy FILE]\n"
	     "                          [--json]");
	options_synopsis(options, synopsis, sizeof(synopsis));
	options_fill(stdout, synopsis, printf("       evote_server "), 20);
	puts("\n"
	     "init makes a new cluster in DIR: its key, its id, an empty "
	     "ledger.\n"
	     "check says what a start would meet, with the same options or "
	     "file.\n"
	     "export copies the ledger in DIR to FILE, also while a server "
	     "uses it;\n"
	     "import makes a DIR of such a FILE, for a host that joins.\n"
	     "audit checks everything in DIR, which no server may use "
	     "meanwhile.\n"
	     "Otherwise the server runs this host.  With an empty DIR it joins "
	     "the\n"
	     "cluster whose key file is given.\n");
	options_help(stdout, options, "print this", 2);
	return (0);
}

/* ---- all of it ---- */

static int
check_audit(const struct conf *c)
{
	if (c->policy != NULL && c->checkpoint == NULL)
		return (
		    wrong("--policy says who signs checkpoints: give one with "
			  "--checkpoint"));
	return (-1);
}

static int
check_file(const struct conf *c)
{
	if (c->file == NULL)
		return (wrong("name the FILE to %s",
		    c->command == CONF_EXPORT ? "export to" : "import"));
	if (c->command == CONF_IMPORT && c->cluster_key == NULL)
		return (wrong("--cluster-key is missing: a copy does not "
			      "contain the key"));
	return (-1);
}

/* The options that say nothing of where things are. */
static uint32_t
bits_apart(void)
{
	uint32_t bits = 0;

	for (const struct option_row *o = options; o->name != NULL; o++)
		bits |= o->use == OPTION_APART ? bit_of(o) : 0;
	return (bits);
}

/* Which file is read beside what the command line has told; NULL: none. */
static const char *
file_of(const struct conf *c, uint32_t told)
{
	if (c->config != NULL)
		return (c->config);
	return ((told & ~bits_apart()) == 0 ? CONFIG : NULL);
}

static int
unset(const struct conf *c, uint32_t told, const char *what, const char *option)
{
	const char *file = file_of(c, told);

	if (file == NULL)
		return (wrong("no %s is set: give --%s, or --config " CONFIG,
		    what, option));
	return (wrong("no %s is set: write \"%s = ...\" into %s, or give --%s",
	    what, option, file, option));
}

/* Everything needed is there and fits together. */
static int
check(struct conf *c, uint32_t told)
{
	char path[4096];

	if (c->data == NULL)
		return (unset(c, told, "data directory", "data"));
	if (c->command != CONF_AUDIT &&
	    (c->checkpoint != NULL || c->policy != NULL || c->json))
		return (
		    wrong("--checkpoint, --policy and --json are for audit"));
	if (c->command == CONF_INIT)
		return (-1);
	if (c->command == CONF_AUDIT)
		return (check_audit(c));
	if (c->command == CONF_EXPORT || c->command == CONF_IMPORT)
		return (check_file(c));
	if (c->name == NULL)
		return (unset(c, told, "name", "name"));
	if (c->hosts.n == 0)
		return (unset(c, told, "hosts list", "hosts"));
	c->self = hosts_find(&c->hosts, c->name);
	if (c->self < 0)
		return (wrong(
		    "the hosts list does not name this host, \"%s\": correct "
		    "the name or the list",
		    c->name));
	if (!c->portmap && c->hosts.list[c->self].port == 0)
		return (wrong("with --no-portmap the hosts list needs a port "
			      "for \"%s\"",
		    c->name));
	if (c->admin_socket == NULL) {
		snprintf(path, sizeof(path), "%s/admin.sock", c->data);
		c->admin_socket = need_copy(path);
	}
	return (-1);
}

static int
command_of(const char *word)
{
	static const char *const words[] = {
	    [CONF_INIT] = "init",
	    [CONF_CHECK] = "check",
	    [CONF_EXPORT] = "export",
	    [CONF_IMPORT] = "import",
	    [CONF_AUDIT] = "audit",
	};

	for (size_t i = CONF_INIT; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return ((int)i);
	return (CONF_RUN);
}

static int
take_file(struct conf *c, const char *path, uint32_t told)
{
	char err[1024], *text = NULL;
	int rc = options_file(options, c, path, &told, &text, err, sizeof(err));

	free(text);
	return (rc == 0 ? -1 : wrong("%s", err));
}

int
conf_read(struct conf *c, int argc, char **argv)
{
	const char *file;
	char err[600];
	uint32_t told;
	int rc = -1;

	*c = (struct conf){.portmap = 1,
	    .refused_proof = 1,
	    .failback = 1,
	    .suspect_ms = SUSPECT_MS,
	    .hang_ms = 10000};
	if (argc > 1 && (c->command = command_of(argv[1])) != CONF_RUN) {
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	switch (
	    options_read(options, c, argc, argv, 0, &told, err, sizeof(err))) {
	case OPTIONS_HELP:
		return (help());
	case OPTIONS_WRONG:
		return (wrong("%s", err));
	default:
		break;
	}
	if (c->version) {
		puts("evote_server " VERSION);
		return (0);
	}
	if (optind < argc &&
	    (c->command == CONF_EXPORT || c->command == CONF_IMPORT))
		c->file = need_copy(argv[optind++]);
	if (optind < argc)
		return (wrong("unexpected argument \"%s\"", argv[optind]));
	file = file_of(c, told);
	if (file != NULL && (c->config != NULL || access(file, F_OK) == 0))
		rc = take_file(c, file, told);
	return (rc != -1 ? rc : check(c, told));
}

void
conf_clear(struct conf *c)
{
	free(c->config);
	free(c->data);
	free(c->file);
	free(c->origin);
	free(c->policy);
	free(c->checkpoint);
	free(c->name);
	free(c->cluster_key);
	free(c->admin_socket);
	memset(c, 0, sizeof(*c));
}
