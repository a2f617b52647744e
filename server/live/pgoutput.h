/* The decoder of PostgreSQL's logical replication messages: bytes in, committed changes out.
 * Pure: it is fuzzed with recorded streams. Source: PostgreSQL 55.9, "Logical Replication Message
 * Formats", protocol version 2 (streamed transactions); columns as text. */
#ifndef LIVE_PGOUTPUT_H
#define LIVE_PGOUTPUT_H

#include "live/change.h"

enum {
    PGOUTPUT_TABLES_MAX = 16384,
    PGOUTPUT_COLUMNS_MAX = 1600,  /* PostgreSQL's own limit */
    PGOUTPUT_HELD_MAX = 256 << 20 /* bytes held of all open transactions; one beyond is a gap */
};

/* Called in the order of commits. The list belongs to the decoder: who keeps a change takes a
 * reference. */
struct transaction {
    const struct change *const *changes;
    size_t count;
    uint64_t lsn;         /* of the commit */
    uint64_t end;         /* of its last byte: what may be confirmed */
    int64_t committed_us; /* since 1970 */
    bool cut;             /* too large to hold: count is 0, the feed has a gap */
};

struct pgoutput_fns {
    void (*committed)(void *arg, const struct transaction *transaction);
};

struct pgoutput;

struct pgoutput *pgoutput_new(const struct pgoutput_fns *fns, void *arg);
void pgoutput_free(struct pgoutput **decoder);

/* One message of the stream, without the XLogData header. NULL, or a sentence that says what is
 * wrong with it: the decoder is then of no further use. */
const char *pgoutput_feed(struct pgoutput *decoder, str message);

#endif
