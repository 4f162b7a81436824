#include "client/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/say.h"
#include "common/private.h"
#include "common/text.h"

static const int signals[] = {
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;

/* Only interrupts what waits. */
static void
on_signal(int number)
{
	caught = number;
}

static int
is_stop(int number)
{
	return (number == SIGTSTP || number == SIGTTIN || number == SIGTTOU);
}

/* A line without its end; -1: none, or it is too long. */
static ssize_t
line_read(int fd, char *out, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	for (; len + 1 < size; len++)
		if ((n = read(fd, out + len, 1)) != 1 || out[len] == '\n')
			break;
	/* The last line of a file may have no end. */
	if (len + 1 >= size || n < 0 || (n == 0 && len == 0))
		return (-1);
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	return ((ssize_t)len);
}

/* Unseen; a signal ends it, and leaves a terminal that shows what is typed. */
static ssize_t
tty_read(int fd, char *out, size_t size)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct sigaction was[SIGNALS];
	struct termios old, hidden;
	ssize_t n = -1;
	size_t i;

	caught = 0;
	if (tcgetattr(fd, &old) != 0)
		return (-1);
	for (i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &was[i]);
		if (was[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	hidden = old;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (tcsetattr(fd, TCSAFLUSH, &hidden) == 0)
		n = line_read(fd, out, size);
	tcsetattr(fd, TCSAFLUSH, &old);
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &was[i], NULL);
	return (n);
}

static int
terminal_ask(
    const char *prompt, char *out, size_t size, char *err, size_t errlen)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return (text_why(err, errlen,
		    "there is no terminal to ask for the passphrase; use "
		    "--passphrase-file"));
	do {
		dprintf(fd, "%s: ", prompt);
		n = tty_read(fd, out, size);
		dprintf(fd, "\n");
		/* Stops only now that the terminal shows what is typed. */
		if (is_stop(caught))
			raise(caught);
	} while (is_stop(caught));
	close(fd);
	return (n >= 0 ? 0 : text_why(err, errlen, "no passphrase was given"));
}

static int
file_read(const char *path, char *out, size_t size, char *err, size_t errlen)
{
	const char *doubt = private_doubt(path, geteuid(), 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return (text_why(
		    err, errlen, "cannot read %s: %s", path, strerror(errno)));
	if (doubt != NULL)
		say_aside("The passphrase file %s %s; it should be yours, and "
			  "nobody else's to read or change (chmod 600).",
		    path, doubt);
	n = line_read(fd, out, size);
	close(fd);
	return (n >= 0 ? 0
		       : text_why(err, errlen,
			     "the first line of %s has to be the passphrase "
			     "(at most %zu bytes)",
			     path, size - 2));
}

int
secret_give(void *arg, const char *key, char *out, size_t size, char *err,
    size_t errlen)
{
	const struct client *c = arg;
	char prompt[400];

	if (c->passphrase_file != NULL)
		return (file_read(c->passphrase_file, out, size, err, errlen));
	snprintf(prompt, sizeof(prompt), "Passphrase of %.300s", key);
	text_harmless(prompt);
	return (terminal_ask(prompt, out, size, err, errlen));
}

int
secret_choose(
    const struct client *c, char *out, size_t size, char *err, size_t errlen)
{
	char again[PASSPHRASE_MAX] = "";
	int same;

	out[0] = '\0';
	if (c->passphrase_file != NULL)
		return (file_read(c->passphrase_file, out, size, err, errlen));
	if (!isatty(STDIN_FILENO))
		return (0);
	if (terminal_ask("Passphrase of the new key (empty: none)", out, size,
		err, errlen) != 0)
		return (-1);
	if (out[0] == '\0')
		return (0);
	if (terminal_ask("The same again", again, sizeof(again), err, errlen) !=
	    0)
		return (-1);
	same = strcmp(again, out) == 0;
	explicit_bzero(again, sizeof(again));
	return (same ? 0
		     : text_why(err, errlen,
			   "the two passphrases are not the same"));
}
