/*
 * The floor: what two hosts cost that only store.  A primary takes records of
 * one size over TCP; a batch of whatever has come is written to its file and
 * sent to the backup, both sync at the same time, and then all are answered.
 * No RPC, no rules, no state.
 *
 *	floor PORT FILE [BACKUP_PORT]	a primary; without a third, a backup
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor.h"

#define CLIENTS_MAX 1024

struct client {
	size_t have;
	unsigned char record[FLOOR_RECORD];
};

struct primary {
	int file, backup, epfd, listener;
	struct client clients[CLIENTS_MAX];
	int asked[CLIENTS_MAX]; /* who is in the batch */
	int n;
	unsigned char batch[CLIENTS_MAX * FLOOR_RECORD];
};

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in
local(int port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return (sin);
}

static void
no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int
listen_on(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in sin = local(port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, CLIENTS_MAX) == -1)
		die("listen");
	return (fd);
}

static void
exactly(ssize_t (*io)(int, void *, size_t), int fd, void *buf, size_t len)
{
	unsigned char *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = io(fd, p, len)) <= 0)
			exit(n == 0 ? 0 : 1);
}

static ssize_t
put(int fd, void *buf, size_t len)
{
	return (write(fd, buf, len));
}

static ssize_t
get(int fd, void *buf, size_t len)
{
	return (read(fd, buf, len));
}

/* ---- backup ---- */

static void
backup_run(int port, int file)
{
	static unsigned char batch[CLIENTS_MAX * FLOOR_RECORD];
	int fd = accept(listen_on(port), NULL, NULL);
	uint32_t len;

	no_delay(fd);
	for (;;) {
		exactly(get, fd, &len, sizeof(len));
		if (len > sizeof(batch))
			exit(1);
		exactly(get, fd, batch, len);
		exactly(put, file, batch, len);
		if (fdatasync(file) == -1)
			die("fdatasync");
		exactly(put, fd, &len, sizeof(len));
	}
}

/* ---- primary ---- */

static void
take(struct primary *p, int fd)
{
	struct client *c = &p->clients[fd];
	ssize_t n;

	n = recv(fd, c->record + c->have, FLOOR_RECORD - c->have, MSG_DONTWAIT);
	if (n == 0 || (n == -1 && errno != EAGAIN)) {
		close(fd);
		return;
	}
	if (n > 0)
		c->have += (size_t)n;
	if (c->have < FLOOR_RECORD)
		return;
	memcpy(p->batch + (size_t)p->n * FLOOR_RECORD, c->record, FLOOR_RECORD);
	p->asked[p->n++] = fd;
	c->have = 0;
}

static void
commit(struct primary *p)
{
	uint32_t len = (uint32_t)p->n * FLOOR_RECORD, back;
	char answer[FLOOR_ANSWER] = "stored";

	exactly(put, p->backup, &len, sizeof(len));
	exactly(put, p->backup, p->batch, len);
	exactly(put, p->file, p->batch, len);
	if (fdatasync(p->file) == -1)
		die("fdatasync");
	exactly(get, p->backup, &back, sizeof(back));
	for (int i = 0; i < p->n; i++)
		send(p->asked[i], answer, sizeof(answer), MSG_NOSIGNAL);
	p->n = 0;
}

static void
watch(struct primary *p, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(p->epfd, EPOLL_CTL_ADD, fd, &ev) == -1)
		die("epoll_ctl");
}

static void
primary_run(int port, int file, int backup_port)
{
	static struct primary p;
	struct epoll_event ready[CLIENTS_MAX];
	struct sockaddr_in sin = local(backup_port);
	int n, fd;

	p.file = file;
	p.backup = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(p.backup, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		die("connect");
	no_delay(p.backup);
	p.listener = listen_on(port);
	p.epfd = epoll_create1(0);
	watch(&p, p.listener);
	while ((n = epoll_wait(p.epfd, ready, CLIENTS_MAX, -1)) >= 0) {
		for (int i = 0; i < n; i++) {
			if (ready[i].data.fd != p.listener) {
				take(&p, ready[i].data.fd);
				continue;
			}
			fd = accept(p.listener, NULL, NULL);
			if (fd == -1 || fd >= CLIENTS_MAX)
				die("accept");
			p.clients[fd].have = 0;
			no_delay(fd);
			watch(&p, fd);
		}
		if (p.n > 0)
			commit(&p);
	}
}

int
main(int argc, char **argv)
{
	int file;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 3 && argc != 4) {
		fputs("usage: floor PORT FILE [BACKUP_PORT]\n", stderr);
		return (2);
	}
	file = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file == -1)
		die(argv[2]);
	if (argc == 4)
		primary_run(atoi(argv[1]), file, atoi(argv[3]));
	else
		backup_run(atoi(argv[1]), file);
	return (0);
}
