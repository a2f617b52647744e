/* See change.h. */
#include "live/change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static str keep_text(char **room, str text)
{
    str kept = {*room, text.len};

    memcpy(*room, text.at, text.len);
    *room += text.len;
    return kept;
}

const struct live_table *live_table_copy(const struct live_table *like)
{
    size_t size = sizeof(struct live_table) + sizeof(struct live_column) * (size_t)like->ncolumns;
    size_t texts = like->schema.len + like->name.len;

    for (int i = 0; i < like->ncolumns; i++)
        texts += like->columns[i].name.len;
    struct live_table *table = calloc(1, size + texts);
    if (table == NULL)
        abort();
    char *room = (char *)table + size;
    *table = *like;
    table->refs = 1;
    table->columns = (struct live_column *)(table + 1);
    table->schema = keep_text(&room, like->schema);
    table->name = keep_text(&room, like->name);
    for (int i = 0; i < like->ncolumns; i++) {
        table->columns[i] = like->columns[i];
        table->columns[i].name = keep_text(&room, like->columns[i].name);
    }
    return table;
}

struct change *change_new(enum change_op op, const struct live_table *table, size_t texts)
{
    size_t values = sizeof(struct live_value) * (size_t)table->ncolumns;
    size_t size = sizeof(struct change) + 2 * values + texts;
    struct change *change = malloc(size);

    if (change == NULL)
        abort();
    memset(change, 0, sizeof(struct change) + 2 * values);
    *change = (struct change){.refs = 1, .op = op, .table = live_table_ref(table), .size = size};
    if (op == CHANGE_INSERT || op == CHANGE_UPDATE)
        change->row = (struct live_value *)(change + 1);
    if (op == CHANGE_UPDATE || op == CHANGE_DELETE)
        change->old = (struct live_value *)(change + 1) + table->ncolumns;
    return change;
}

const struct live_table *live_table_ref(const struct live_table *table)
{
    atomic_fetch_add(&((struct live_table *)(uintptr_t)table)->refs, 1);
    return table;
}

void live_table_unref(const struct live_table **table)
{
    struct live_table *last = (struct live_table *)(uintptr_t)*table;

    *table = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) > 1)
        return;
    free(last);
}

const struct change *change_ref(const struct change *change)
{
    atomic_fetch_add(&((struct change *)(uintptr_t)change)->refs, 1);
    return change;
}

void change_unref(const struct change **change)
{
    struct change *last = (struct change *)(uintptr_t)*change;

    *change = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) > 1)
        return;
    live_table_unref(&last->table);
    free(last);
}

int live_table_column(const struct live_table *table, str name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (str_eq(table->columns[i].name, name))
            return i;
    return -1;
}

struct position position_before(struct position position)
{
    return position.index > 0 ? (struct position){position.lsn, position.index - 1}
                              : (struct position){position.lsn - 1, POSITION_ALL};
}

str position_text(char room[POSITION_TEXT_MAX], struct position position)
{
    int len = snprintf(room, POSITION_TEXT_MAX, "%" PRIX64 "/%" PRIX64, position.lsn >> 32,
                       position.lsn & UINT32_MAX);

    if (position.index != POSITION_ALL)
        len += snprintf(room + len, POSITION_TEXT_MAX - (size_t)len, ":%" PRIu32, position.index);
    return (str){room, (size_t)len};
}

/* 1 to 8 hexadecimal digits. */
static bool read_half(str text, uint64_t *half)
{
    *half = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                    : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                    : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                                 : -1;
        if (digit < 0)
            return false;
        *half = *half << 4 | (uint64_t)digit;
    }
    return text.len >= 1 && text.len <= 8;
}

bool position_read(str text, struct position *position)
{
    str high, low, index = {NULL, 0};
    uint64_t halves[2];
    int64_t number = POSITION_ALL;
    long colon = str_find(text, ':');

    if (colon >= 0) {
        index = str_skip(text, (size_t)colon + 1);
        text.len = (size_t)colon;
    }
    if (!str_cut(&text, '/', &high) || !str_cut(&text, '/', &low) || text.at != NULL)
        return false;
    if (!read_half(high, &halves[0]) || !read_half(low, &halves[1]))
        return false;
    if (index.at != NULL && (!str_int(index, &number) || number < 0 || number >= POSITION_ALL))
        return false;
    *position = (struct position){.lsn = halves[0] << 32 | halves[1], .index = (uint32_t)number};
    return true;
}

const struct live_value *change_judged(const struct change *change)
{
    return change->op == CHANGE_DELETE ? change->old : change->row;
}

bool change_lacks_values(const struct change *change, const struct live_value *row)
{
    for (int i = 0; i < change->table->ncolumns; i++)
        if (row[i].state == VALUE_UNCHANGED)
            return true;
    return false;
}
