/* Time. Monotonic for durations, wall clock for tokens and logs. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_us(void) /* monotonic, microseconds */
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_wall_us(void) /* since the epoch, microseconds */
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_now(void) /* since the epoch, seconds */
{
    return clock_wall_us() / 1000000;
}

/* A number from 0 to below - 1 that differs from call to call and from process to process: for
 * pauses that must not come in step, never for secrets. */
static inline int64_t clock_jitter(int64_t below)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t mixed = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15);
    return (int64_t)((mixed >> 32) % (uint64_t)below);
}

#endif
