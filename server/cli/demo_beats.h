/* The heartbeat of the demo's machines, which are rows and nothing else: without it they would
 * leave the fleet after two minutes. scripts/fleet is the one whose nodes really search. */
#ifndef CLI_DEMO_BEATS_H
#define CLI_DEMO_BEATS_H

#include "base/str.h"

struct demo_beats;

/* url: of a superuser, outliving the beats. At once and then every ten seconds, on a thread and a
 * connection of their own; what goes wrong is tried again the next time. NULL: there is no thread
 * to be had. */
struct demo_beats *demo_beats_start(str url);
void demo_beats_stop(struct demo_beats **beats); /* waits for the one that is under way */

#endif
