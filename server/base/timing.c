/* See timing.h. */
#include "base/timing.h"

#include "base/buf.h"

enum { TIMING_HEADER_MAX = 512 };

str timing_header(const struct timing *timing, arena *mem)
{
    static const char *const names[TIMINGS] = {"jwt", "parse", "plan", "transaction", "response"};
    struct timing ended = *timing;
    struct buf header;

    if (!timing->running)
        return (str){NULL, 0};
    ended.us[ended.step] += clock_us() - ended.since_us;
    buf_init(&header, mem, TIMING_HEADER_MAX);
    for (int i = 0; i < TIMINGS; i++)
        if (ended.seen[i])
            buf_printf(&header, "%s%s;dur=%.1f", header.len > 0 ? ", " : "", names[i],
                       (double)ended.us[i] / 1000);
    return buf_str(&header);
}
