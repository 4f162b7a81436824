#ifndef EVOTE_PORTS_H
#define EVOTE_PORTS_H

#include <stdint.h>

#include "common/hosts.h"
#include "common/rpc/caller.h"

/*
 * Asks the portmappers of all hosts whose port is 0, all at once, for
 * prog/vers and fills in what they answer; the others stay 0, with what is
 * to blame so far.  Returns when all have answered, grace_ms after the first
 * useful answer, or at the deadline.
 */
void ports_look_up(const struct hosts *, int ports[EVOTE_HOSTS_MAX],
    enum caller_fault faults[EVOTE_HOSTS_MAX], uint32_t prog, uint32_t vers,
    uint64_t grace_ms, uint64_t deadline_ms);

#endif
