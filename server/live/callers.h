/* One question about the rows of a table for many callers at once: when all that its policies read
 * of a caller is auth.uid(), they are evaluated for each row and each caller's auth.uid(), both
 * PostgreSQL's. Pure. */
#ifndef LIVE_CALLERS_H
#define LIVE_CALLERS_H

#include "base/claims.h"
#include "live/facts.h"

/* The uid of a row of callers. No column of a table is likely to be called so: policies name
 * columns alone. */
#define CALLERS_UID "\"postern uid\""

/* The policies with the uid of a row of callers in the place of auth.uid(); absent: it cannot be
 * told where that stands in them. visible: as PostgreSQL prints expressions. */
str callers_policy(arena *mem, str visible);

/* The statement that tells which rows ($1, see facts_put_row) which callers may see: it answers the
 * ordinals of both. $2 and $3: arrays of the callers' claims and subjects. The callers' claims take
 * the place of those that the transaction has, until it ends. */
str callers_sql(arena *mem, const struct facts *facts);

/* Is auth.uid() likely to be fine with it? One subject that it fails for fails a question for all.
 */
bool callers_may_join(const struct claims *claims);

#endif
