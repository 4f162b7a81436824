#ifndef EVOTE_LISTEN_H
#define EVOTE_LISTEN_H

/*
 * Sockets that listen, and never block.  -1 with the reason logged.
 */

/*
 * One port on tcp and tcp6, into fd[0] and fd[1] (0: one that is free on both;
 * a family this machine lacks is left out as -1).  Returns the port.
 */
int listen_tcp(int port, int fd[2]);
/* AF_UNIX; a stale socket file is replaced, a live one is not. */
int listen_unix(const char *path, int mode);

#endif
