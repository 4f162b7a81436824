#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/proved.h"
#include "client/say.h"
#include "common/receipt.h"

/* Only an earlier receipt is written over. */
static int
may_write(struct client *c, const char *path)
{
	char head[sizeof(RECEIPT_HEAD)] = "";
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL && errno == ENOENT)
		return (-1);
	if (f == NULL)
		return (say_usage(c, "%s: %s", path, strerror(errno)));
	n = fread(head, 1, sizeof(head) - 1, f);
	fclose(f);
	if (n == 0 || strcmp(head, RECEIPT_HEAD) == 0)
		return (-1);
	return (say_usage(
	    c, "%s exists, and is no receipt; give another name", path));
}

/* Whole or not at all. */
static int
file_write(struct client *c, const char *path, const char *text)
{
	char *new;
	int fd, ok, status = may_write(c, path);

	if (status >= 0)
		return (status);
	if (asprintf(&new, "%s.%d.new", path, (int)getpid()) < 0)
		return (say_usage(c, "no memory"));
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 && dprintf(fd, "%s", text) == (int)strlen(text) &&
	    fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		ok = 0;
	if (!ok || rename(new, path) != 0) {
		status = say_usage(c, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			unlink(new);
	}
	free(new);
	return (status);
}

static int
receipt_say(struct client *c, const char *election, struct evote_proof *p,
    const char *copy)
{
	char who[PROVED_SIGNERS];
	int status = -1;

	if (copy != NULL) {
		if ((status = file_write(c, copy, p->text)) >= 0)
			return (status);
		free(p->path);
		if ((p->path = strdup(copy)) == NULL)
			return (say_usage(c, "no memory"));
	}
	proved_receipt_json(c->json, p);
	proved_signers(p->policy, &p->verdict, who, sizeof(who));
	return (say_done(c,
	    "Your receipt for \"%s\" is %s: it shows that record %llu of the "
	    "ledger is your vote, signed by %s%s",
	    election, p->path, (unsigned long long)p->seq, who,
	    proved_blind(p)));
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	char election[NAME_ROOM];
	enum evote_outcome outcome;
	struct evote_proof p;
	struct evote *e;
	int status;

	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open_voter(c, 1, &e)) >= 0)
		return (status);
	outcome = evote_receipt(e, election, cmd_timeout_ms(c, 10000), &p);
	/* Nothing that changes anything was sent. */
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "There is no receipt for \"%s\"", election);
	else
		status = receipt_say(c, election, &p, argv[1]);
	evote_proof_clear(&p);
	evote_close(e);
	return (status);
}

const struct command cmd_receipt = {
    .name = "receipt",
    .args = "ELECTION [FILE]",
    .help = "Writes the receipt of your vote, which hosts have signed, and "
	    "tells where. It does not show your choice.",
    .run = run,
};
