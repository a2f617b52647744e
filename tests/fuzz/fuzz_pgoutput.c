/* A stream of messages as PostgreSQL sends them (two bytes of length before each, recorded ones in
 * the corpus), with any bytes in it: a transaction is told with rows as wide as their tables, every
 * text inside of what the change holds; nothing is told after a refusal. */
#include <assert.h>
#include <stdint.h>

#include "live/pgoutput.h"

struct seen {
    bool refused;
    size_t transactions;
};

static void check_row(const struct change *change, const struct live_value *row)
{
    const char *start = (const char *)change, *end = start + change->size;

    for (int i = 0; row != NULL && i < change->table->ncolumns; i++) {
        assert(row[i].state <= VALUE_UNKNOWN);
        if (row[i].state == VALUE_TEXT)
            assert(row[i].text.at >= start && row[i].text.at + row[i].text.len <= end);
    }
}

static void on_commit(void *arg, const struct transaction *transaction)
{
    struct seen *seen = arg;

    assert(!seen->refused);
    assert(!transaction->cut || transaction->count == 0);
    seen->transactions++;
    for (size_t i = 0; i < transaction->count; i++) {
        const struct change *change = transaction->changes[i];
        assert(change->position.index == i && change->position.lsn == transaction->end);
        assert((change->row != NULL) ==
               (change->op == CHANGE_INSERT || change->op == CHANGE_UPDATE));
        check_row(change, change->row);
        check_row(change, change->old);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct pgoutput_fns fns = {.committed = on_commit};
    struct seen seen = {.refused = false};
    struct pgoutput *decoder = pgoutput_new(&fns, &seen);

    while (size >= 2) {
        size_t len = (size_t)data[0] << 8 | data[1];
        data += 2;
        size -= 2;
        len = len < size ? len : size;
        if (pgoutput_feed(decoder, (str){(const char *)data, len}) != NULL)
            seen.refused = true;
        data += len;
        size -= len;
    }
    pgoutput_free(&decoder);
    return 0;
}
