/* Payloads of a channel that everybody may notify: what is told has rows as wide as the table,
 * every text inside of what the change holds. */
#include <assert.h>
#include <stdint.h>

#include "live/notice.h"

static void check_row(const struct change *change, const struct live_value *row)
{
    const char *start = (const char *)change, *end = start + change->size;

    for (int i = 0; row != NULL && i < change->table->ncolumns; i++) {
        assert(row[i].state <= VALUE_UNKNOWN);
        if (row[i].state == VALUE_TEXT)
            assert(row[i].text.at >= start && row[i].text.at + row[i].text.len <= end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct live_column columns[] = {
        {{"id", 2},   23, true },
        {{"body", 4}, 25, false},
    };
    const struct live_table like = {.schema = STR("public"),
                                    .name = STR("notes"),
                                    .identity = IDENTITY_KEY,
                                    .columns = columns,
                                    .ncolumns = 2};
    str payload = {(const char *)data, size};
    struct notice notice;

    if (!notice_read(payload, &notice))
        return 0;
    const struct live_table *table = live_table_copy(&like);
    const struct change *change = notice_change(&notice, table, notice.row);
    if (change != NULL) {
        assert((change->row != NULL) ==
               (change->op == CHANGE_INSERT || change->op == CHANGE_UPDATE));
        check_row(change, change->row);
        check_row(change, change->old);
    }
    change_unref(&change);
    live_table_unref(&table);
    return 0;
}
