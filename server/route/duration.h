/* Durations in the headers of files: 500ms, 5s, 1m, 2h. */
#ifndef ROUTE_DURATION_H
#define ROUTE_DURATION_H

#include "base/str.h"

bool duration_parse(str text, int64_t *ms); /* false: not one of these, or 0 */

#endif
