#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/lib/signer.h"
#include "client/places.h"
#include "client/say.h"
#include "client/secret.h"
#include "common/nearest.h"
#include "common/need.h"
#include "common/options_file.h"
#include "common/output.h"
#include "common/text.h"

#define MAX_TIMEOUT_S 86400
#define USAGE	      1000 /* bytes of a synopsis */

#define COMMAND_POINTER(name) &cmd_##name,
static const struct command *const commands[] = {COMMANDS(COMMAND_POINTER)};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

/* ---- the options that every command has ---- */

static int
timeout_take(void *at, const char *value, char *err, size_t errlen)
{
	uint64_t *ms = at;
	char *end;
	double s;

	errno = 0;
	s = strtod(value, &end);
	if (errno != 0 || end == value || *end != '\0' || !(s > 0) ||
	    s > MAX_TIMEOUT_S)
		return (text_why(
		    err, errlen, "\"%s\" is not a number of seconds", value));
	*ms = (uint64_t)(s * 1000);
	if (*ms == 0)
		*ms = 1;
	return (0);
}

static int
json_take(void *at, const char *value, char *err, size_t errlen)
{
	cJSON **json = at;

	if (*json == NULL)
		*json = need(cJSON_CreateObject());
	return (0);
}

static const struct option_row options[] = {
    {"hosts", "LIST",
	"NAME=HOST[:PORT],... in order of preference, or @FILE ($EVOTE_HOSTS; "
	"@" CMD_HOSTS
	"); a line \"pin PIN\" in FILE says whom to trust, like --pin",
	.at = offsetof(struct client, options.hosts), .env = "EVOTE_HOSTS"},
    {"origin", "NAME",
	"the service's name as its operators published it; another one is "
	"refused ($EVOTE_ORIGIN)",
	.at = offsetof(struct client, options.origin), .env = "EVOTE_ORIGIN"},
    {"pin", "PIN",
	"what the service's TLS is known by, as `status` shows it "
	"($EVOTE_PIN)",
	.at = offsetof(struct client, options.pin), .env = "EVOTE_PIN"},
    {"voter", "NAME", "who asks ($EVOTE_VOTER)",
	.at = offsetof(struct client, options.voter), .env = "EVOTE_VOTER"},
    {"key", "FILE",
	"the voter's private key: of keygen, or of OpenSSH ($EVOTE_KEY); a "
	"FILE.pub, or one with a passphrase, is used through the SSH agent "
	"($SSH_AUTH_SOCK)",
	.at = offsetof(struct client, options.key), .env = "EVOTE_KEY"},
    {"passphrase-file", "FILE",
	"the passphrase of a key of keygen; otherwise it is asked for",
	.at = offsetof(struct client, passphrase_file)},
    {"login", NULL, "log in and use a token instead of signing each request",
	.at = offsetof(struct client, options.login)},
    {"plain", NULL,
	"do not use TLS, not even with a service that has offered it before",
	.at = offsetof(struct client, options.plain), .by_hand = 1},
    {"timeout", "SECONDS", "how long to wait for answers (30)",
	.at = offsetof(struct client, options.timeout_ms),
	.take = timeout_take},
    {"state", "DIR", "what is remembered between calls ($EVOTE_STATE)",
	.at = offsetof(struct client, options.state), .env = "EVOTE_STATE"},
    {"admin", "PATH",
	"the socket of the server on this machine, for operators "
	"(" CMD_SOCKET ")",
	.at = offsetof(struct client, admin)},
    {"json", NULL, "print one JSON object", .at = offsetof(struct client, json),
	.take = json_take, .by_hand = 1},
    {"version", NULL, "print the version",
	.at = offsetof(struct client, version), .by_hand = 1},
    {0},
};

/* ---- help ---- */

static const struct option_row *
own_options(const struct command *cmd)
{
	static const struct option_row none[] = {{0}};

	return (cmd->options != NULL ? cmd->options : none);
}

/* "result ELECTION [--csv]" */
static void
usage_text(const struct command *cmd, char out[USAGE])
{
	char own[USAGE / 2];

	options_synopsis(own_options(cmd), own, sizeof(own));
	snprintf(out, USAGE, "%s%s%s%s%s", cmd->name,
	    cmd->args != NULL ? " " : "", cmd->args != NULL ? cmd->args : "",
	    own[0] != '\0' ? " " : "", own);
}

static int
help(void)
{
	char usage[USAGE];
	size_t i;

	puts("usage: evote_client [OPTION ...] COMMAND [ARGUMENT ...]\n"
	     "       evote_client help [COMMAND]\n");
	options_help(
	    stdout, options, "print this; after a command, about it", 2);
	putchar('\n');
	for (i = 0; i < NCOMMANDS; i++) {
		usage_text(commands[i], usage);
		options_fill(stdout, usage, printf("  "), 6);
		options_fill(stdout, commands[i]->help, printf("      "), 6);
	}
	puts("\nExit status: 0 done; 1 the service refused; 2 usage, or "
	     "this machine failed;\n3 the service lost or changed what was "
	     "seen before; 4 no host answered;\n5 the service serves, but "
	     "needs an "
	     "operator (status).");
	return (EXIT_DONE);
}

static int
command_help(const struct command *cmd)
{
	char usage[USAGE];

	usage_text(cmd, usage);
	options_fill(
	    stdout, usage, printf("usage: evote_client [OPTION ...] "), 6);
	options_fill(stdout, cmd->help, printf("      "), 6);
	options_help(stdout, own_options(cmd), NULL, 6);
	return (EXIT_DONE);
}

int
cmd_usage(struct client *c, const struct command *cmd)
{
	char usage[USAGE];

	usage_text(cmd, usage);
	return (say_usage(c,
	    "usage: evote_client [OPTION ...] %s; see evote_client %s --help",
	    usage, cmd->name));
}

/* ---- what the commands share ---- */

int
cmd_name(
    struct client *c, const char *what, const char *given, char out[NAME_ROOM])
{
	char why[200];

	if (text_tidy(out, EVOTE_NAME_MAX, given, why, sizeof(why)) == 0)
		return (-1);
	return (say_usage(c, "the %s %s", what, why));
}

uint64_t
cmd_timeout_ms(const struct client *c, uint64_t otherwise)
{
	return (c->options.timeout_ms != 0 ? c->options.timeout_ms : otherwise);
}

int
cmd_open(struct client *c, struct evote **out)
{
	char err[1024];

	int status = places_hosts(c);

	if (status >= 0)
		return (status);
	if (c->options.plain)
		say_aside("--plain: nothing is encrypted, and whoever answers "
			  "is believed to be the service.");
	c->options.passphrase = secret_give;
	c->options.arg = c;
	*out = evote_open(&c->options, err, sizeof(err));
	if (*out == NULL)
		return (say_usage(c, "%s", err));
	evote_within(*out, 0);
	return (-1);
}

static void
key_doubt(const char *path)
{
	const char *why = signer_doubt(path);

	if (why != NULL)
		say_aside("The key file %s %s; it should be yours, and nobody "
			  "else's to read or change (chmod 600).",
		    path, why);
}

/* A passphrase is asked for before the time for an answer begins to run. */
static int
key_open(struct client *c, int keyless, struct evote *e)
{
	unsigned char public[SEAL_KEY];

	if (c->options.key == NULL || c->options.login || keyless ||
	    !signer_is_locked(c->options.key) || evote_key(e, public) == 0)
		return (-1);
	return (say_usage(c, "%s", evote_problem(e)));
}

int
cmd_open_voter(struct client *c, int keyless, struct evote **out)
{
	int status;

	if (c->options.voter == NULL)
		return (say_usage(c,
		    "no voter is given; use --voter or EVOTE_VOTER. "
		    "Operators create, extend and cancel with "
		    "--admin " CMD_SOCKET));
	if (c->options.key == NULL && !c->options.login && !keyless)
		return (say_usage(
		    c, "no private key is given; use --key or EVOTE_KEY"));
	status = cmd_name(c, "voter's name", c->options.voter, c->voter);
	c->options.voter = c->voter;
	if (status >= 0)
		return (status);
	c->signs = !keyless;
	if (c->options.key != NULL)
		key_doubt(c->options.key);
	if ((status = cmd_open(c, out)) < 0 &&
	    (status = key_open(c, keyless, *out)) >= 0)
		evote_close(*out);
	return (status);
}

/* ---- the configuration ---- */

/* $XDG_CONFIG_HOME or ~/.config; 0, or -1: there is no such place. */
static int
own_conf(char *path, size_t size)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (base != NULL && base[0] == '/')
		n = snprintf(path, size, "%s/evote/client.conf", base);
	else if (home != NULL && home[0] != '\0')
		n = snprintf(path, size, "%s/.config/evote/client.conf", home);
	else
		return (-1);
	return (n >= 0 && (size_t)n < size ? 0 : -1);
}

static int
conf_read(struct client *c, const char *path, uint32_t *told, char **text)
{
	char err[1200];

	if (access(path, F_OK) != 0 ||
	    options_file(options, c, path, told, text, err, sizeof(err)) == 0)
		return (-1);
	return (say_usage(c, "%s", err));
}

/* After the command line, since what is read first wins. */
static int
conf_all(struct client *c, uint32_t told)
{
	char err[700], path[PATH_MAX];
	int status = -1;

	if (options_environment(options, c, &told, err, sizeof(err)) != 0)
		return (say_usage(c, "%s", err));
	if (own_conf(path, sizeof(path)) == 0)
		status = conf_read(c, path, &told, &c->conf[0]);
	if (status < 0)
		status = conf_read(c, CMD_CONF, &told, &c->conf[1]);
	return (status);
}

/* ---- the command line ---- */

static const struct command *
command_find(struct client *c, const char *name, int *status)
{
	struct nearest near = {.typed = name};
	size_t i;

	nearest_try(&near, "help");
	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return (commands[i]);
		nearest_try(&near, commands[i]->name);
	}
	*status = say_usage(c, "%s is not a command%s; see evote_client --help",
	    name, nearest_ask(&near));
	return (NULL);
}

static int
run_help(struct client *c, int argc, char **argv)
{
	const struct command *cmd;
	int status;

	if (argc == 0 || strcmp(argv[0], "help") == 0)
		return (help());
	cmd = command_find(c, argv[0], &status);
	return (cmd != NULL ? command_help(cmd) : status);
}

/* -1: there are too few arguments; 1: too many; 0: that is right. */
static int
args_judge(const char *args, int n)
{
	int least = 0, most = 0, depth = 0;
	const char *p;

	if (args != NULL && strchr(args, '|') != NULL)
		return (0);
	for (p = args; p != NULL && *p != '\0'; p++) {
		depth += (*p == '[') - (*p == ']');
		if (strcmp(p, "...") == 0)
			return (n < least ? -1 : 0);
		if (p == args || p[-1] == ' ') {
			least += depth == 0;
			most++;
		}
	}
	if (n < least)
		return (-1);
	return (n > most && (args == NULL || strstr(args, "...") == NULL));
}

/* The words before optind are wrong; perhaps only where they stand. */
static int
wrong_say(
    struct client *c, const struct command *cmd, char **argv, const char *why)
{
	const char *word = argv[optind - 1];
	char name[64];

	/* A letter that is none may begin a name, such as -1. */
	if (cmd->args != NULL && why[0] == '-' && why[1] != '-')
		return (say_usage(c,
		    "%s; write `--` before %s that begins with a dash; see "
		    "evote_client %s --help",
		    why,
		    strstr(cmd->args, "CHOICE") != NULL ? "a choice"
							: "an argument",
		    cmd->name));

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (strncmp(name, "--", 2) == 0 &&
	    options_find(own_options(cmd), name + 2) == NULL &&
	    options_find(options, name + 2) != NULL)
		return (say_usage(c,
		    "%s goes before the command; see evote_client %s --help",
		    name, cmd->name));
	return (say_usage(c, "%s; see evote_client %s --help", why, cmd->name));
}

/* There are too many arguments for it; argv[0] is the last option. */
static int
many_say(struct client *c, const struct command *cmd, char **argv)
{
	const struct option_row *o = strncmp(argv[0], "--", 2) == 0
	    ? options_find(own_options(cmd), argv[0] + 2)
	    : NULL;
	char usage[USAGE];

	usage_text(cmd, usage);
	if (cmd->args != NULL)
		return (say_usage(c, "%s: too many arguments", usage));
	if (o != NULL && o->arg != NULL && *o->arg == '[')
		return (say_usage(c, "%s takes no argument \"%s\"; write %s=%s",
		    cmd->name, argv[1], argv[0], argv[1]));
	return (say_usage(c,
	    "%s takes no argument \"%s\"; see evote_client %s --help",
	    cmd->name, argv[1], cmd->name));
}

/*
 * With its options and the right number of arguments.  Those of configuration
 * files come last: whoever asks for help gets it, whatever is wrong there.
 */
static int
command_run(struct client *c, const struct command *cmd, void *own, int argc,
    char **argv, uint32_t told)
{
	int status;
	char text[USAGE];
	int judged;

	switch (options_read(
	    own_options(cmd), own, argc, argv, 0, NULL, text, sizeof(text))) {
	case OPTIONS_HELP:
		return (command_help(cmd));
	case OPTIONS_WRONG:
		return (wrong_say(c, cmd, argv, text));
	default:
		break;
	}
	argc -= optind;
	argv += optind;
	if ((judged = args_judge(cmd->args, argc)) > 0)
		return (many_say(c, cmd, argv - 1));
	if (judged < 0) {
		usage_text(cmd, text);
		return (say_usage(c, "%s: an argument is missing", text));
	}
	if ((status = conf_all(c, told)) >= 0)
		return (status);
	places_resolve(c);
	return (cmd->run(c, own, argc, argv));
}

static int
run(struct client *c, int argc, char **argv)
{
	const struct command *cmd;
	char err[600];
	uint32_t told;
	void *own;
	int status;

	switch (
	    options_read(options, c, argc, argv, 1, &told, err, sizeof(err))) {
	case OPTIONS_HELP:
		return (help());
	case OPTIONS_WRONG:
		return (say_usage(c, "%s; see evote_client --help", err));
	default:
		argc -= optind;
		argv += optind;
	}
	if (c->version) {
		puts("evote_client " VERSION);
		return (EXIT_DONE);
	}
	if (argc < 1)
		return (say_usage(
		    c, "no command is given; see evote_client --help"));
	if (strcmp(argv[0], "help") == 0)
		return (run_help(c, argc - 1, argv + 1));
	if ((cmd = command_find(c, argv[0], &status)) == NULL)
		return (status);
	own = need_zeroed(1, cmd->size + 1);
	status = command_run(c, cmd, own, argc, argv, told);
	free(own);
	return (status);
}

int
main(int argc, char **argv)
{
	struct client c = {
	    .options.met = say_met, .options.renewed = say_renewed};
	int status;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	status = run(&c, argc, argv);
	if (c.json != NULL && cJSON_GetArraySize(c.json) > 0)
		say_json(c.json, 1);
	cJSON_Delete(c.json);
	free(c.conf[0]);
	free(c.conf[1]);
	places_clear(&c);
	return (output_end("", status));
}
