#ifndef EVOTE_MINUTES_PLAIN_H
#define EVOTE_MINUTES_PLAIN_H

#include "evote.h"

/*
 * A part of the minutes that is only text, whoever wrote it: nothing in it
 * means anything in Markdown or HTML.  Pure; returns out.
 */
#define MINUTES_ROOM (2 * EVOTE_TEXT_MAX + 1)
const char *minutes_plain(const char *text, char out[MINUTES_ROOM]);

#endif
