#ifndef EVOTE_OUTPUT_H
#define EVOTE_OUTPUT_H

#define OUTPUT_LOST 2 /* what was to be done is done */

/*
 * Writes out what was printed so far, and keeps for output_end why that failed.
 * -1 when something that was printed is lost.
 */
int output_flush(void);

/*
 * The end of a command, with its exit status.  When not all that it printed is
 * written, this says so on standard error, after the words in front, and 0
 * becomes OUTPUT_LOST.
 */
int output_end(const char *front, int status);

#endif
