/* Values of changed rows as JSON, to the letter what to_jsonb gives for them, but a column of
 * bytea, which is hexadecimal without "\x", as the frontends read it. Source: reference "Wire
 * protocol", 1.10. */
#ifndef LIVE_VALUE_H
#define LIVE_VALUE_H

#include "base/buf.h"
#include "live/facts.h"

enum { VALUE_DIMENSIONS_MAX = 6 /* PostgreSQL's own limit */ };

void value_put(struct buf *buf, const struct fact_column *column, const struct live_value *value);

#endif
