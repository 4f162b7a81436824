#ifndef EVOTE_ADDRESS_H
#define EVOTE_ADDRESS_H

#include <sys/socket.h>

/*
 * The addresses of a host, found without ever making the caller wait.
 */
#define ADDRESS_MAX 8

struct address {
	struct sockaddr_storage sa; /* the rest zero: comparable by memcmp */
	socklen_t len;
};

/* How many; 0 unless host is a numeric address.  The rest of out is zero. */
int address_numeric(const char *host, struct address out[ADDRESS_MAX]);
/*
 * Has a thread ask the resolver.  The socket returned becomes readable when
 * it knows; closing it gives up.  -1 when no thread could be made.
 */
int address_ask(const char *host);
/* What came back, as address_numeric; 0: nothing was found. */
int address_answer(int fd, struct address out[ADDRESS_MAX]);
/* The address with a port in it; returns its length. */
socklen_t address_port(
    const struct address *, int port, struct sockaddr_storage *out);

#endif
