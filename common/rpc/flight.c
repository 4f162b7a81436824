#include "common/rpc/flight.h"

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
handshake_take(struct flight *f, const unsigned char *p, size_t len)
{
	const unsigned char *m = f->message;

	if (f->body > 0) {
		uint32_t n = least(f->body, f->left, len);

		f->body -= n;
		return (n);
	}
	if (gather(f->message, &f->n_message, sizeof(f->message), *p))
		f->body = (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | m[3];
	return (f->body > FLIGHT_MAX ? 0 : 1);
}

int
flight_take(struct flight *f, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint32_t n;

	for (; len > 0; p += n, len -= n) {
		n = 1;
		if (f->left == 0) {
			if (gather(f->head, &f->n_head, sizeof(f->head), *p))
				f->left =
				    (uint32_t)f->head[3] << 8 | f->head[4];
			continue;
		}
		n = f->head[0] == HANDSHAKE ? handshake_take(f, p, len)
					    : least(f->left, f->left, len);
		if (n == 0)
			return (-1);
		f->left -= n;
	}
	return (0);
}
