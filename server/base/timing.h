/* How long each step of a request took, for a Server-Timing header. Off, it costs a comparison a
 * step. Source: W3C "Server Timing"; PostgREST "Server-Timing Header". */
#ifndef BASE_TIMING_H
#define BASE_TIMING_H

#include "base/arena.h"
#include "base/clock.h"

enum step_name {
    TIMING_JWT,
    TIMING_PARSE,
    TIMING_PLAN,
    TIMING_TRANSACTION,
    TIMING_RESPONSE,
    TIMINGS
};

struct timing {
    bool on;
    bool running; /* a step has begun */
    enum step_name step;
    int64_t since_us;
    bool seen[TIMINGS];
    int64_t us[TIMINGS];
};

/* The step before ends, this one begins. */
static inline void timing_enter(struct timing *timing, enum step_name step)
{
    if (!timing->on)
        return;
    int64_t now = clock_us();
    if (timing->running)
        timing->us[timing->step] += now - timing->since_us;
    timing->running = timing->seen[step] = true;
    timing->step = step;
    timing->since_us = now;
}

/* "jwt;dur=0.1, parse;dur=0.2" of the steps so far, the last one until now; at == NULL when it is
 * off or none has begun. */
str timing_header(const struct timing *timing, arena *mem);

#endif
