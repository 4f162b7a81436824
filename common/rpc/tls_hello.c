#include "common/rpc/tls_hello.h"

#define HANDSHAKE 22 /* RFC 8446, section 5.1 */

/* Puts the next byte into a header of so many; 1 when it is whole. */
static int
gather(unsigned char *header, uint8_t *n, uint8_t size, unsigned char byte)
{
	header[(*n)++] = byte;
	if (*n < size)
		return (0);
	*n = 0;
	return (1);
}

static uint32_t
least(uint32_t a, uint32_t b, size_t c)
{
	uint32_t n = a < b ? a : b;

	return (n < c ? n : (uint32_t)c);
}

/* Some of a handshake: how much was looked at, or 0: it is too long. */
static uint32_t
handshake_take(struct tls_hello *h, const unsigned char *p, size_t len)
{
	const unsigned char *m = h->message;

	if (h->body > 0) {
		uint32_t n = least(h->body, h->left, len);

		h->body -= n;
		return (n);
	}
	if (gather(h->message, &h->n_message, sizeof(h->message), *p))
		h->body = (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | m[3];
	return (h->body > TLS_HELLO_MAX ? 0 : 1);
}

int
tls_hello_take(struct tls_hello *h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint32_t n;

	for (; len > 0; p += n, len -= n) {
		n = 1;
		if (h->left == 0) {
			if (gather(h->head, &h->n_head, sizeof(h->head), *p))
				h->left =
				    (uint32_t)h->head[3] << 8 | h->head[4];
			continue;
		}
		n = h->head[0] == HANDSHAKE ? handshake_take(h, p, len)
					    : least(h->left, h->left, len);
		if (n == 0)
			return (-1);
		h->left -= n;
	}
	return (0);
}
