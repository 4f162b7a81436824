#ifndef EVOTE_OPTIONS_FILE_H
#define EVOTE_OPTIONS_FILE_H

#include "common/options.h"

/*
 * The options of a program as lines "option = value", under the names of the
 * command line, and as variables of the environment.  A flag is yes or no, and
 * # begins a comment.
 *
 * A row whose bit is set in *told keeps what it has, and those that are filled
 * here are added to it: so what is read first wins.  0, or -1 with a sentence
 * without its full stop in err.
 */

/* Values lie in *text, which the caller frees when they are not used any more.
 */
int options_file(const struct option_row *, void *to, const char *path,
    uint32_t *told, char **text, char *err, size_t errlen);
int options_environment(const struct option_row *, void *to, uint32_t *told,
    char *err, size_t errlen);

#endif
