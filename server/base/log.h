/* Log lines for the one who is woken at night: one line, key=value, no secrets, no row data.
 * Lines go to standard error. A line is made whole before it is written; lines of the access
 * log gather in a bounded buffer and leave in one write; what does not fit is counted and the
 * count is logged, never waited for. Safe from any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_CRIT, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

void log_open(enum log_level level, enum log_format format, bool access_log);
enum log_level log_level_named(str name); /* LOG_INFO when there is no such level */
void log_set_level(enum log_level level); /* from the next line on, of any thread */
bool log_on(enum log_level level);

/* event is a short word or two ("pool connected"); the format makes "key=value key=value". */
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line of the access log; gathered, see log_flush. Its level is that of its status: error from
 * 500 on, warn from 400 on, else info. A no-op when that or the access log is off. */
struct log_access {
    str id, peer, method, path, role;
    str tenant; /* of the token or API key, or absent */
    str code;   /* PGRST... or SQLSTATE of a failure, or absent */
    str app;    /* the client's X-Application-Name, or absent */
    int status;
    size_t bytes;
    int64_t us; /* how long */
};
void log_access(const struct log_access *line);
void log_flush(void); /* writes gathered lines now; the loop calls it every 100 ms */

/* Only while starting: prints one clear sentence to standard error and exits. */
void die(int exit_status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

#endif
