#ifndef EVOTE_DISPATCHERS_H
#define EVOTE_DISPATCHERS_H

#include <rpc/rpc.h>

/* rpcgen makes the dispatchers but does not declare them. */
void evote_prog_1(struct svc_req *, SVCXPRT *);
void evote_probe_prog_1(struct svc_req *, SVCXPRT *);
void evote_admin_prog_1(struct svc_req *, SVCXPRT *);
void evote_replica_prog_1(struct svc_req *, SVCXPRT *);

#endif
