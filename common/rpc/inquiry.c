#include "common/rpc/inquiry.h"

#include <netinet/in.h>
#include <rpc/rpc.h>
#include <rpc/pmap_prot.h>
#include <rpc/rpcb_prot.h>
#include <stdio.h>
#include <string.h>

#include "common/rpc/header.h"

static bool_t
inquiry_args(XDR *xdrs, const struct inquiry *q)
{
	struct pmap pmap = {q->prog, q->vers, IPPROTO_TCP, 0};
	char netid[] = "tcp6", none[] = "";
	struct rpcb owned = {q->prog, q->vers, netid, none, none};

	return (q->family == AF_INET ? xdr_pmap(xdrs, &pmap)
				     : xdr_rpcb(xdrs, &owned));
}

size_t
inquiry_encode(const struct inquiry *q, char *buf, size_t size)
{
	int old = q->family == AF_INET;
	size_t len = 0;
	XDR xdrs;

	xdrmem_create(&xdrs, buf, (u_int)size, XDR_ENCODE);
	if (header_call(&xdrs, q->xid, PMAPPROG, old ? PMAPVERS : RPCBVERS4,
		old ? PMAPPROC_GETPORT : RPCBPROC_GETADDRLIST) == 0 &&
	    inquiry_args(&xdrs, q))
		len = xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	return (len);
}

int
uaddr_split(const char *uaddr, char host[UADDR_MAX])
{
	unsigned int high, low;
	size_t len = strlen(uaddr);
	int dots = 0, end = 0;

	while (len > 0 && dots < 2)
		if (uaddr[--len] == '.')
			dots++;
	if (dots < 2 || len >= UADDR_MAX ||
	    sscanf(uaddr + len, ".%3u.%3u%n", &high, &low, &end) != 2 ||
	    uaddr[len + end] != '\0' || high > 255 || low > 255)
		return (-1);
	memcpy(host, uaddr, len);
	host[len] = '\0';
	return (high * 256 + low);
}

void
uaddr_join(const char *host, int port, char uaddr[UADDR_MAX])
{
	snprintf(uaddr, UADDR_MAX, "%.45s.%d.%d", host, port >> 8, port & 0xff);
}

/* The port of TCP over IPv6 among all addresses of the program. */
static int
list_result(XDR *xdrs)
{
	rpcb_entry_list_ptr list = NULL, e;
	char host[UADDR_MAX];
	int port = 0;

	if (xdr_rpcb_entry_list_ptr(xdrs, &list))
		for (e = list; e != NULL && port <= 0; e = e->rpcb_entry_next)
			if (strcmp(e->rpcb_entry_map.r_nc_netid, "tcp6") == 0)
				port = uaddr_split(
				    e->rpcb_entry_map.r_maddr, host);
	xdr_free((xdrproc_t)xdr_rpcb_entry_list_ptr, &list);
	return (port > 0 ? port : 0);
}

static int
inquiry_result(XDR *xdrs, const struct inquiry *q)
{
	u_int port;

	if (q->family != AF_INET)
		return (list_result(xdrs));
	return (xdr_u_int(xdrs, &port) && port <= 65535 ? (int)port : 0);
}

int
inquiry_decode(const struct inquiry *q, char *buf, size_t len)
{
	struct rpc_err err;
	uint32_t xid;
	XDR xdrs;
	int port = -1;

	xdrmem_create(&xdrs, buf, (u_int)len, XDR_DECODE);
	if (header_reply(&xdrs, &xid, &err) == 0 && xid == q->xid)
		port =
		    err.re_status == RPC_SUCCESS ? inquiry_result(&xdrs, q) : 0;
	xdr_destroy(&xdrs);
	return (port);
}
