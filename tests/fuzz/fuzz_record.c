/* Any text as a row that PostgreSQL prints: its fields lie one behind the other in a room of the
 * text's size, and, printed again with quotes, are read as the same fields. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "live/record.h"

enum { FIELDS_MAX = 64 };

struct fields {
    str at[FIELDS_MAX];
    int count;
};

/* False: not a record, or one of more fields than are kept. */
static bool read_fields(arena *mem, str text, struct fields *fields)
{
    struct record_walk walk;
    char *room = h2o_mem_alloc_pool(mem, text.len + 1), *end = room + text.len;

    fields->count = 0;
    if (!record_open(&walk, text))
        return false;
    while (fields->count < FIELDS_MAX && record_next(&walk, &room, &fields->at[fields->count])) {
        assert(room <= end);
        fields->count++;
    }
    return record_ended(&walk);
}

static void print_field(struct buf *buf, str field)
{
    buf_putc(buf, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.at[i] == '"' || field.at[i] == '\\')
            buf_putc(buf, field.at[i]);
        buf_putc(buf, field.at[i]);
    }
    buf_putc(buf, '"');
}

static str print(arena *mem, const struct fields *fields)
{
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_putc(&buf, '(');
    for (int i = 0; i < fields->count; i++) {
        buf_put(&buf, i > 0 ? STR(",") : STR(""));
        if (fields->at[i].at != NULL)
            print_field(&buf, fields->at[i]);
    }
    buf_putc(&buf, ')');
    return buf_str(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    struct fields fields, again;

    if (read_fields(mem, arena_copy(mem, (str){(const char *)data, size}), &fields)) {
        assert(read_fields(mem, print(mem, &fields), &again) && again.count == fields.count);
        for (int i = 0; i < fields.count; i++) {
            assert((again.at[i].at == NULL) == (fields.at[i].at == NULL));
            assert(str_eq(again.at[i], fields.at[i]));
        }
    }
    arena_close(&mem);
    return 0;
}
