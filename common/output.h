#ifndef EVOTE_OUTPUT_H
#define EVOTE_OUTPUT_H

#define OUTPUT_LOST 2 /* what was to be done is done */

/*
 * The end of a command, with its exit status.  When not all that it printed is
 * written, this says so on standard error, after the words in front, and 0
 * becomes OUTPUT_LOST.
 */
int output_end(const char *front, int status);

#endif
