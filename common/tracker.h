#ifndef EVOTE_TRACKER_H
#define EVOTE_TRACKER_H

#include <stdint.h>

/*
 * By which a voter finds the own line on a tally sheet: evote_tracked.  Pure.
 */

/* The election's name is at most EVOTE_NAME_MAX bytes long. */
uint64_t tracker_of(const unsigned char salt[32], const char *election);

#define TRACKER_TEXT 17
/* 16 lower-case hexadecimal digits, which sort as the trackers do. */
void tracker_text(char out[TRACKER_TEXT], uint64_t tracker);

#endif
