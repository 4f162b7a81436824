#include "common/number.h"

int
number_read(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	const char *p = text;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		const unsigned digit = (unsigned)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return (-1);
		n = 10 * n + digit;
	}
	if (p == text || *p != '\0' || n < least || n > most)
		return (-1);
	*out = n;
	return (0);
}
