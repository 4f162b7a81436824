#ifndef EVOTE_LOG_H
#define EVOTE_LOG_H

/*
 * One line per decision, to standard error: time, host, level, then facts as
 * key=value, the same words every time.  Never a voter together with a choice,
 * a key or a token.
 */
enum log_level { LOG_L_DEBUG, LOG_L_INFO, LOG_L_ALARM };

/* name is printed on every line and must outlive the process's logging. */
void log_open(const char *name, enum log_level least);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What an operator should see: a failure of the world, or lost redundancy. */
void log_alarm(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
