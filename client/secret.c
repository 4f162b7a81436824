#include "client/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/text.h"

#define SIGNALS 4

/* Only interrupts what waits. */
static void
on_signal(int number)
{
	(void)number;
}

/* A line without its end; -1: none, or it is too long. */
static ssize_t
line_read(int fd, char *out, size_t size)
{
	size_t len = 0;

	for (; len + 1 < size; len++)
		if (read(fd, out + len, 1) != 1 || out[len] == '\n')
			break;
	if (len + 1 >= size || out[len] != '\n')
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
	static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	const struct sigaction action = {.sa_handler = on_signal};
	struct sigaction was[SIGNALS];
	struct termios old, hidden;
	ssize_t n = -1;
	int i;

	if (tcgetattr(fd, &old) != 0)
		return (-1);
	for (i = 0; i < SIGNALS; i++)
		sigaction(numbers[i], &action, &was[i]);
	hidden = old;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (tcsetattr(fd, TCSAFLUSH, &hidden) == 0)
		n = line_read(fd, out, size);
	tcsetattr(fd, TCSAFLUSH, &old);
	for (i = 0; i < SIGNALS; i++)
		sigaction(numbers[i], &was[i], NULL);
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
	dprintf(fd, "%s: ", prompt);
	n = tty_read(fd, out, size);
	dprintf(fd, "\n");
	close(fd);
	return (n >= 0 ? 0 : text_why(err, errlen, "no passphrase was given"));
}

static int
file_read(const char *path, char *out, size_t size, char *err, size_t errlen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return (text_why(
		    err, errlen, "cannot read %s: %s", path, strerror(errno)));
	n = line_read(fd, out, size);
	close(fd);
	return (n >= 0 ? 0
		       : text_why(err, errlen,
			     "%s does not begin with a line of less than "
			     "%zu bytes",
			     path, size - 1));
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
