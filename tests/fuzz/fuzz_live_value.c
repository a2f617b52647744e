/* Any text that PostgreSQL can hold as a value that it prints: what is sent of it is JSON. Numbers,
 * times and JSON of the log are believed, so they are left out. */
#include <assert.h>
#include <stdint.h>

#include "base/json.h"
#include "base/url.h"
#include "live/value.h"

static void check(arena *mem, const struct fact_column *column, str text)
{
    const struct live_value value = {VALUE_TEXT, text};
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    value_put(&buf, column, &value);
    assert(json_check(buf_str(&buf)) != JSON_INVALID || json_is_deep(buf_str(&buf)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum kind kinds[] = {KIND_TEXT, KIND_BOOL, KIND_BYTEA, KIND_HSTORE};
    struct fact_column fields[] = {
        {.name = {"a", 1}, .kind = KIND_TEXT  },
        {.name = {"b", 1}, .kind = KIND_HSTORE},
    };
    const struct fact_composite type = {.fields = fields, .nfields = 2};
    const struct fact_column composite = {.kind = KIND_COMPOSITE, .of = &type};
    arena *mem = arena_open();
    str text = arena_copy(mem, (str){(const char *)data, size});

    if (!utf8_valid(text)) {
        arena_close(&mem);
        return 0;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        check(mem, &(struct fact_column){.kind = kinds[i]}, text);
    check(mem, &composite, text);
    arena_close(&mem);
    return 0;
}
