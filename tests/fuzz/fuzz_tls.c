/* The TLS front door: what anybody may send instead of a handshake. */
#include "common/rpc/stream.h"
#include "common/rpc/tls.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned char key[32] = "fuzz";
	static const char *const names[] = {"alpha"};
	static struct tls_server *server;
	size_t piece = len > 0 ? 1 + data[0] * 8u : 1, at, n, got;
	enum tls_got shaken = TLS_MORE;
	unsigned char buf[512];
	struct tls *t;

	if (server == NULL)
		server = tls_server_new(key, names, 1);
	t = tls_accept(server);
	assert(t != NULL);
	for (at = 1; at < len && shaken == TLS_MORE; at += n) {
		n = len - at < piece ? len - at : piece;
		assert(tls_feed(t, data + at, n) == 0);
		shaken = tls_shake(t);
		outbox_sent(tls_outbox(t), outbox_size(tls_outbox(t)));
		assert(tls_held(t) < 1 << 20);
	}
	/* Nobody gets through without the keys of a handshake. */
	assert(shaken != TLS_OK);
	(void)tls_read(t, buf, sizeof(buf), &got);
	tls_free(t);
	return (0);
}
