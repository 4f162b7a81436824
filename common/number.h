#ifndef EVOTE_NUMBER_H
#define EVOTE_NUMBER_H

#include <stdint.h>

/*
 * A decimal number as people write it: digits and nothing else, from least to
 * most.  0, or -1 with *out as it was.  strtoul would take " 7", "+7", "-7" and
 * what overflows as well.
 */
int number_read(const char *text, uint64_t least, uint64_t most, uint64_t *out);

#endif
