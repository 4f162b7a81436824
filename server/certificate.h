#ifndef EVOTE_CERTIFICATE_H
#define EVOTE_CERTIFICATE_H

#include "common/rpc/tls.h"
#include "server/conf.h"

/*
 * This host's side of TLS: a certificate of the cluster's authority for its
 * name and its address in the hosts list.  Logs the pin.  NULL, logged.
 */
struct tls_server *certificate_make(
    const struct conf *, const unsigned char cluster_key[32]);

#endif
