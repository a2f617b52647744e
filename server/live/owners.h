/* Whose rows: where a table's policies show a caller only rows that hold its auth.uid() in a
 * column, nobody else needs to be asked about. The policies still decide: this only rules out whom
 * they rule out. Pure. */
#ifndef LIVE_OWNERS_H
#define LIVE_OWNERS_H

#include "live/facts.h"

/* From facts->joint and facts->columns. */
struct owners owners_read(const struct facts *facts);

#endif
