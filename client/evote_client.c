#include <getopt.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/lib/signer.h"
#include "client/say.h"
#include "common/text.h"

#define MAX_TIMEOUT_S 86400

static const struct command *const commands[] = {
    &cmd_keygen,
    &cmd_create,
    &cmd_vote,
    &cmd_result,
    &cmd_elections,
    &cmd_show,
    &cmd_status,
    &cmd_register,
    &cmd_import,
    &cmd_unregister,
    &cmd_unlock,
    &cmd_voters,
    &cmd_handover,
    &cmd_hosts,
    &cmd_arbiter,
    &cmd_promote,
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
help(void)
{
	size_t i;

	puts("usage: evote_client [OPTION ...] COMMAND [ARGUMENT ...]\n\n"
	     "  --hosts LIST       NAME=HOST[:PORT],... in order of "
	     "preference, or @FILE ($EVOTE_HOSTS)\n"
	     "  --voter NAME       who asks ($EVOTE_VOTER)\n"
	     "  --key FILE         the voter's private key: of keygen, or of "
	     "OpenSSH ($EVOTE_KEY);\n"
	     "                     a FILE.pub, or one with a passphrase, is "
	     "used through the\n"
	     "                     SSH agent ($SSH_AUTH_SOCK)\n"
	     "  --login            log in and use a token instead of "
	     "signing each request\n"
	     "  --timeout SECONDS  until then a request is repeated (30)\n"
	     "  --state DIR        what is remembered between calls "
	     "($EVOTE_STATE)\n"
	     "  --admin PATH       the socket of the server on this machine, "
	     "for operators\n"
	     "  --json             print one JSON object\n"
	     "  --version          print the version\n"
	     "  --help             print this; after a command, about it\n");
	for (i = 0; i < NCOMMANDS; i++)
		printf("  %s%s%s\n      %s\n", commands[i]->name,
		    commands[i]->args[0] != '\0' ? " " : "", commands[i]->args,
		    commands[i]->help);
	puts("\nExit status: 0 done; 1 the service refused; 2 usage, or "
	     "this machine failed;\n3 the service lost or changed what was "
	     "seen before; 4 no host answered.");
}

int
cmd_help(const struct command *cmd)
{
	printf("usage: evote_client [OPTION ...] %s%s%s\n      %s\n", cmd->name,
	    cmd->args[0] != '\0' ? " " : "", cmd->args, cmd->help);
	return (EXIT_DONE);
}

int
cmd_count(
    struct client *c, const struct command *cmd, int argc, int least, int most)
{
	int n = argc - optind;

	if (n >= least && n <= most)
		return (-1);
	return (say_usage(c, "%s%s%s: %s", cmd->name,
	    cmd->args[0] != '\0' ? " " : "", cmd->args,
	    n < least ? "an argument is missing" : "too many arguments"));
}

int
cmd_args(struct client *c, const struct command *cmd, int argc, char **argv,
    int least, int most)
{
	static const struct option options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};

	switch (getopt_long(argc, argv, "h", options, NULL)) {
	case -1:
		return (cmd_count(c, cmd, argc, least, most));
	case 'h':
		return (cmd_help(cmd));
	default:
		return (cmd_usage(c, cmd));
	}
}

int
cmd_usage(struct client *c, const struct command *cmd)
{
	return (say_usage(c,
	    "it is evote_client [OPTION ...] %s%s%s; see evote_client %s "
	    "--help",
	    cmd->name, cmd->args[0] != '\0' ? " " : "", cmd->args, cmd->name));
}

int
cmd_name(
    struct client *c, const char *what, const char *given, char out[NAME_ROOM])
{
	char why[200];

	if (text_tidy(out, EVOTE_NAME_MAX, given, why, sizeof(why)) == 0)
		return (-1);
	return (say_usage(c, "the %s %s", what, why));
}

int
cmd_open(struct client *c, struct evote **out)
{
	char err[1024];

	if (c->options.hosts == NULL && getenv("EVOTE_HOSTS") == NULL)
		return (say_usage(
		    c, "no hosts are given; use --hosts or EVOTE_HOSTS"));
	*out = evote_open(&c->options, err, sizeof(err));
	return (*out != NULL ? -1 : say_usage(c, "%s", err));
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

int
cmd_open_voter(struct client *c, struct evote **out)
{
	int status;

	if (c->options.voter == NULL)
		return (say_usage(
		    c, "no voter is given; use --voter or EVOTE_VOTER"));
	if (c->options.key == NULL && !c->options.login)
		return (say_usage(
		    c, "no private key is given; use --key or EVOTE_KEY"));
	status = cmd_name(c, "voter's name", c->options.voter, c->voter);
	c->options.voter = c->voter;
	if (status < 0 && c->options.key != NULL)
		key_doubt(c->options.key);
	return (status < 0 ? cmd_open(c, out) : status);
}

static int
read_timeout(const char *text, uint64_t *ms)
{
	char *end;
	double s;

	errno = 0;
	s = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(s > 0) ||
	    s > MAX_TIMEOUT_S)
		return (-1);
	*ms = (uint64_t)(s * 1000);
	if (*ms == 0)
		*ms = 1;
	return (0);
}

enum {
	OPT_HOSTS = 256,
	OPT_VOTER,
	OPT_KEY,
	OPT_LOGIN,
	OPT_TIMEOUT,
	OPT_STATE,
	OPT_ADMIN,
	OPT_JSON,
	OPT_VERSION,
	OPT_HELP
};

/* -1: go on with the command at optind; else the exit status. */
static int
read_options(struct client *c, int argc, char **argv)
{
	static const struct option options[] = {
	    {"hosts", required_argument, NULL, OPT_HOSTS},
	    {"voter", required_argument, NULL, OPT_VOTER},
	    {"key", required_argument, NULL, OPT_KEY},
	    {"login", no_argument, NULL, OPT_LOGIN},
	    {"timeout", required_argument, NULL, OPT_TIMEOUT},
	    {"state", required_argument, NULL, OPT_STATE},
	    {"admin", required_argument, NULL, OPT_ADMIN},
	    {"json", no_argument, NULL, OPT_JSON},
	    {"version", no_argument, NULL, OPT_VERSION},
	    {"help", no_argument, NULL, OPT_HELP},
	    {NULL, 0, NULL, 0},
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "+h", options, NULL)) != -1)
		switch (ch) {
		case OPT_HOSTS:
			c->options.hosts = optarg;
			break;
		case OPT_VOTER:
			c->options.voter = optarg;
			break;
		case OPT_KEY:
			c->options.key = optarg;
			break;
		case OPT_LOGIN:
			c->options.login = 1;
			break;
		case OPT_TIMEOUT:
			if (read_timeout(optarg, &c->options.timeout_ms) != 0)
				return (say_usage(c,
				    "--timeout %s: not a number of seconds",
				    optarg));
			break;
		case OPT_STATE:
			c->options.state = optarg;
			break;
		case OPT_ADMIN:
			c->admin = optarg;
			break;
		case OPT_JSON:
			if (c->json == NULL)
				c->json = cJSON_CreateObject();
			break;
		case OPT_VERSION:
			puts("evote_client " VERSION);
			return (EXIT_DONE);
		case 'h':
		case OPT_HELP:
			help();
			return (EXIT_DONE);
		default:
			return (say_usage(c, "see evote_client --help"));
		}
	return (-1);
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return (commands[i]);
	return (NULL);
}

static int
run(struct client *c, int argc, char **argv)
{
	const struct command *cmd;

	if (argc < 1)
		return (say_usage(
		    c, "no command is given; see evote_client --help"));
	if ((cmd = find_command(argv[0])) == NULL)
		return (say_usage(c,
		    "%s is not a command; see evote_client --help", argv[0]));
	optind = 0;
	return (cmd->run(c, argc, argv));
}

static void
print_json(cJSON *json)
{
	char *text = cJSON_Print(json);

	if (text != NULL)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(json);
}

int
main(int argc, char **argv)
{
	struct client c = {
	    .options.voter = getenv("EVOTE_VOTER"),
	    .options.key = getenv("EVOTE_KEY"),
	};
	int status;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	status = read_options(&c, argc, argv);
	if (status < 0)
		status = run(&c, argc - optind, argv + optind);
	if (c.json != NULL && cJSON_GetArraySize(c.json) > 0)
		print_json(c.json);
	else
		cJSON_Delete(c.json);
	return (
	    fflush(stdout) != 0 && status == EXIT_DONE ? EXIT_USAGE : status);
}
