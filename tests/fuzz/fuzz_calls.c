/*
 * All types of evote.x: the arguments and results of every program, and what is
 * sealed or stored.  Of whatever XDR decodes, just the bytes are taken that we
 * would write ourselves.
 */
#include "common/record.h"
#include "fuzz.h"

#define TYPE(name) {#name, (xdrproc_t)xdr_##name, sizeof(name), 0},

static struct type {
	const char *name;
	xdrproc_t proc;
	size_t size;
	uint16_t place;
} types[] = {
#include "fuzz_types.h"
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* FNV-1a of its name, the upper half: a new type moves no other. */
static uint16_t
place_of(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return ((uint16_t)(h >> 16));
}

/* Two in one place: one of them would never be looked at. */
static void
types_place(void)
{
	for (size_t i = 0; i < TYPES; i++) {
		types[i].place = place_of(types[i].name);
		for (size_t k = 0; k < i; k++)
			assert(types[k].place != types[i].place);
	}
}

/* The first one from there on, round and round. */
static const struct type *
type_at(uint16_t place)
{
	const struct type *best = &types[0];

	for (size_t i = 1; i < TYPES; i++)
		if ((uint16_t)(types[i].place - place) <
		    (uint16_t)(best->place - place))
			best = &types[i];
	return (best);
}

/* Whether it is taken; whatever is, is written as just that. */
static int
is_taken(const struct type *type, const void *data, size_t len)
{
	void *obj = calloc(1, type->size);
	unsigned char *again;
	long n;
	int rc;

	assert(obj != NULL);
	rc = xdr_from_bytes(type->proc, obj, data, len);
	if (rc == 0) {
		n = xdr_to_bytes(type->proc, obj, &again);
		assert(n == (long)len && memcmp(again, data, len) == 0);
		free(again);
		xdr_free(type->proc, obj);
	}
	free(obj);
	return (rc == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int placed;
	const struct type *type;
	unsigned char *again;
	void *obj;
	XDR xdrs;
	long n;

	if (!placed) {
		types_place();
		placed = 1;
	}
	if (len < 2)
		return (0);
	type = type_at((uint16_t)(data[0] << 8 | data[1]));
	data += 2;
	len -= 2;
	obj = calloc(1, type->size);
	assert(obj != NULL);
	xdrmem_create(&xdrs, (char *)data, (u_int)len, XDR_DECODE);
	if (type->proc(&xdrs, obj)) {
		n = xdr_to_bytes(type->proc, obj, &again);
		assert(n >= 0 && is_taken(type, again, (size_t)n));
		assert(is_taken(type, data, len) ==
		    (n == (long)len && memcmp(again, data, len) == 0));
		free(again);
	} else
		assert(!is_taken(type, data, len));
	xdr_free(type->proc, obj);
	free(obj);
	return (0);
}
