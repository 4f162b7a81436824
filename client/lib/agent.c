#include "client/lib/agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/lib/sshkey.h"
#include "common/text.h"

/* Message numbers of the agent protocol (draft-ietf-sshm-ssh-agent). */
enum { SIGN_REQUEST = 13, SIGN_RESPONSE = 14 };

#define PATIENCE_S  60
#define REQUEST_MAX (1U << 18) /* bytes an agent takes */

/* The one well-formed reply: number, outer string, type, signature. */
static const unsigned char reply_head[] = {SIGN_RESPONSE, 0, 0, 0, 83, 0, 0, 0,
    11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0,
    SEAL_SIG};
#define REPLY (sizeof(reply_head) + SEAL_SIG)

static int
agent_connect(char *err, size_t errlen)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	const char *path = getenv("SSH_AUTH_SOCK");
	int fd;

	if (path == NULL || path[0] == '\0')
		return (text_why(err, errlen,
		    "this key is used through the SSH agent, and none is "
		    "running (SSH_AUTH_SOCK is not set); start one with "
		    "`eval $(ssh-agent)`, then `ssh-add` the key"));
	if (strlen(path) >= sizeof(un.sun_path))
		return (text_why(err, errlen, "SSH_AUTH_SOCK is too long"));
	memcpy(un.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) == 0 &&
	    connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return (fd);
	snprintf(err, errlen,
	    "the SSH agent at %s cannot be reached: %s; start one with "
	    "`eval $(ssh-agent)`, then `ssh-add` the key",
	    path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return (-1);
}

static unsigned char *
put_string(unsigned char *p, const void *data, size_t len)
{
	uint32_t n = htonl((uint32_t)len);

	memcpy(p, &n, 4);
	memcpy(p + 4, data, len);
	return (p + 4 + len);
}

static unsigned char *
request_make(const unsigned char key[SEAL_KEY], const void *msg, size_t len,
    size_t *size)
{
	unsigned char blob[SSHKEY_BLOB], *request, *p;
	uint32_t n;

	*size = 4 + 1 + 4 + sizeof(blob) + 4 + len + 4;
	if (len > REQUEST_MAX || (request = calloc(1, *size)) == NULL)
		return (NULL);
	sshkey_blob(blob, key);
	n = htonl((uint32_t)(*size - 4));
	memcpy(request, &n, 4);
	request[4] = SIGN_REQUEST;
	p = put_string(request + 5, blob, sizeof(blob));
	put_string(p, msg, len); /* flags, after it: none */
	return (request);
}

static int
send_all(int fd, const unsigned char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = send(fd, p, len, MSG_NOSIGNAL)) <= 0)
			return (-1);
	return (0);
}

static int
receive_all(int fd, void *out, size_t len)
{
	unsigned char *p = out;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = recv(fd, p, len, 0)) <= 0)
			return (-1);
	return (0);
}

/* 1 signed, 0 the agent declined, -1 no answer. */
static int
reply_read(int fd, unsigned char sig[SEAL_SIG])
{
	unsigned char reply[REPLY];
	uint32_t n;

	if (receive_all(fd, &n, 4) != 0)
		return (-1);
	if (ntohl(n) != REPLY)
		return (0);
	if (receive_all(fd, reply, sizeof(reply)) != 0)
		return (-1);
	if (memcmp(reply, reply_head, sizeof(reply_head)) != 0)
		return (0);
	memcpy(sig, reply + sizeof(reply_head), SEAL_SIG);
	return (1);
}

int
agent_sign(unsigned char sig[SEAL_SIG], const unsigned char key[SEAL_KEY],
    const void *msg, size_t len, char *err, size_t errlen)
{
	unsigned char *request;
	size_t size;
	int fd, rc = -1;

	if ((fd = agent_connect(err, errlen)) < 0)
		return (-1);
	if ((request = request_make(key, msg, len, &size)) != NULL &&
	    send_all(fd, request, size) == 0)
		rc = reply_read(fd, sig);
	free(request);
	close(fd);
	if (rc < 0)
		return (text_why(err, errlen, "the SSH agent did not answer"));
	if (rc == 0)
		return (text_why(err, errlen,
		    "the SSH agent did not sign; it may not hold this key "
		    "(`ssh-add -L` shows what it holds, `ssh-add FILE` adds "
		    "it), or its user said no"));
	if (!seal_verify(key, sig, msg, len))
		return (text_why(
		    err, errlen, "the SSH agent gave a wrong signature"));
	return (0);
}
