#include "common/ed25519.h"

#include <gmp.h>
#include <stddef.h>
#include <string.h>

#define BYTES 32
#define SIGN  0x80 /* of x, in the last byte */

/* Numbers are little-endian, as in keys. */
static const unsigned char prime[BYTES] = /* 2^255 - 19 */
    "\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
static const unsigned char constant_d[BYTES] = /* RFC 8032, section 5.1 */
    "\xa3\x78\x59\x13\xca\x4d\xeb\x75\xab\xd8\x41\x41\x4d\x0a\x70\x00"
    "\x98\xe8\x79\x77\x79\x40\xc7\x8c\x73\xfe\x6f\x2b\xee\x6c\x03\x52";

/* y of the points of order 1, 2, 4 and 8, each for either sign of x. */
static const unsigned char small_orders[][BYTES] = {
    "\x01",
    "\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "",
    "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
    "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
    "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
};

static int
is_small(const unsigned char y[BYTES])
{
	size_t n = sizeof(small_orders) / sizeof(small_orders[0]);

	while (n > 0)
		if (memcmp(y, small_orders[--n], BYTES) == 0)
			return (1);
	return (0);
}

static void
number_read(mpz_t out, const unsigned char bytes[BYTES])
{
	mpz_import(out, BYTES, -1, 1, 0, 0, bytes);
}

/*
 * There is an x with x^2 = (y^2 - 1) / (d y^2 + 1) when that is a square; so
 * is then the product of the two, and no root has to be taken.
 */
static int
is_on_curve(const unsigned char bytes[BYTES])
{
	mpz_t p, d, y, u, v;
	int found;

	mpz_inits(p, d, y, u, v, NULL);
	number_read(p, prime);
	number_read(d, constant_d);
	number_read(y, bytes);
	mpz_mul(u, y, y);
	mpz_mod(u, u, p);
	mpz_mul(v, u, d);
	mpz_add_ui(v, v, 1);
	mpz_sub_ui(u, u, 1);
	mpz_mul(v, v, u);
	mpz_mod(v, v, p);
	found = mpz_cmp(y, p) < 0 && mpz_legendre(v, p) == 1;
	mpz_clears(p, d, y, u, v, NULL);
	return (found);
}

int
ed25519_has_key(const unsigned char key[BYTES])
{
	unsigned char y[BYTES];

	memcpy(y, key, BYTES);
	y[BYTES - 1] &= (unsigned char)~SIGN;
	return (!is_small(y) && is_on_curve(y));
}
