/* The `Database` type that createClient<Database>() of supabase-js takes, as the text of a
 * TypeScript module. Source: what `supabase gen types typescript` prints; the types of
 * @supabase/postgrest-js that read it. */
#ifndef OPENAPI_TYPESCRIPT_H
#define OPENAPI_TYPESCRIPT_H

#include "base/buf.h"
#include "schema/schema.h"

/* schemas: a comma list; the first is the default one. */
void typescript_put(struct buf *out, const struct schema *schema, str schemas);

#endif
