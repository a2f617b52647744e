/* See pace.h. */
#include "pg/pace.h"

enum { PACE_FIRST = PACE_LEAST * PACE_UNIT };

/* Half more than alone is chance; twice as much is somebody else's share of a processor. */
static int64_t smooth_us(int64_t alone_us)
{
    return alone_us + alone_us / 2;
}

int pace_most(const struct pace *pace)
{
    int most = (int)(pace->most / PACE_UNIT);

    return most < PACE_LEAST ? PACE_LEAST : most;
}

void pace_learn(struct pace *pace, int64_t us, int64_t alone_us, int at_once, int cap)
{
    int most = pace_most(pace);

    if (us > 2 * alone_us)
        pace->most -= pace->most / 8;
    else if (us < smooth_us(alone_us) && at_once >= most && most < cap)
        pace->most = (pace->most < PACE_FIRST ? PACE_FIRST : pace->most) + PACE_UNIT / most;
}
