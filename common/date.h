#ifndef EVOTE_DATE_H
#define EVOTE_DATE_H

#include <stddef.h>
#include <stdint.h>

/* Times as people write them, in microseconds since 1970 UTC. */

/* This machine's clock. */
uint64_t date_now_us(void);

/*
 * Reads a time: RFC 3339 with zone ("2026-12-01T18:00:00+01:00", "...Z", a
 * blank for the T and missing seconds allowed) or relative to now ("+90s",
 * "+15m", "+2h", "+3d"). Returns
 * 0, or -1 with one sentence in err (a missing zone is named as such;
 * 30 February is no date).
 */
int date_parse(
    const char *s, uint64_t now, uint64_t *out, char *err, size_t errlen);
/* "2026-12-01 17:00:00 UTC"; seconds are rounded down. */
void date_utc(uint64_t us, char *out, size_t len);
/* "2026-12-01 18:00:00 CET (+01:00)" in the machine's zone. */
void date_local(uint64_t us, char *out, size_t len);
/* "2 d 3 h", "4 min 10 s", "12 s", "0 s": the two largest units. */
void date_span(uint64_t us, char *out, size_t len);

#endif
