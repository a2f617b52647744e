/* Any bytes as a query string: its pieces are slices in order, what is decoded is UTF-8 without
 * NUL, and encoding it again and decoding that changes nothing. */
#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/url.h"

static void check_decoded(arena *mem, str text, enum url_plus plus)
{
    struct buf again;
    str decoded, back;

    if (!url_decode(mem, text, plus, &decoded))
        return;
    assert(utf8_valid(decoded) && decoded.len <= text.len);
    buf_init(&again, mem, decoded.len * 3 + 1);
    for (size_t i = 0; i < decoded.len; i++)
        buf_printf(&again, "%%%02X", (unsigned char)decoded.at[i]);
    assert(url_decode(mem, buf_str(&again), plus, &back));
    assert(str_eq(back, decoded));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str query = {(const char *)data, size}, key, value;
    const char *at = query.at, *end = query.at + size;

    while (size > 0 && url_next(&query, &key, &value)) {
        assert(key.at >= at && key.at + key.len <= end);
        assert(value.at == NULL || value.at == key.at + key.len + 1);
        at = value.at == NULL ? key.at + key.len : value.at + value.len;
        assert(at <= end);
        check_decoded(mem, key, URL_PLUS_IS_BLANK);
        check_decoded(mem, value.at == NULL ? key : value, URL_PLUS_IS_PLUS);
    }
    arena_close(&mem);
    return 0;
}
