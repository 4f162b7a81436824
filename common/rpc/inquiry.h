#ifndef EVOTE_INQUIRY_H
#define EVOTE_INQUIRY_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a portmapper is asked by UDP: at which TCP port a program is served.
 * Pure: neither sockets nor time.  By IPv4 that is version 2, which every
 * portmapper speaks; by IPv6 version 4, for all addresses of the program,
 * because GETADDR answers with the one of the transport it is asked by, UDP,
 * whatever netid it is asked for.
 */
struct inquiry {
	int family; /* of the address that is asked */
	uint32_t xid;
	uint32_t prog, vers;
};

#define INQUIRY_MAX	  128  /* bytes of a question, */
#define INQUIRY_REPLY_MAX 2048 /* and of an answer */

/* The question's length; 0: it does not fit. */
size_t inquiry_encode(const struct inquiry *, char *buf, size_t size);
/* The port, 0: there is none, -1: these bytes are no answer to it. */
int inquiry_decode(const struct inquiry *, char *buf, size_t len);

/*
 * A universal address is HOST.P1.P2, the port being P1 * 256 + P2.  Returns
 * the port and the host before it, or -1.
 */
#define UADDR_MAX 64
int uaddr_split(const char *uaddr, char host[UADDR_MAX]);
void uaddr_join(const char *host, int port, char uaddr[UADDR_MAX]);

#endif
