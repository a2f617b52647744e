/* Entity tags: made from the body, compared with what a client holds. */
#include "cache/etag.h"

static void put_hex(char *at, uint64_t value)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        at[i] = "0123456789abcdef"[value & 15];
}

/* Two independent runs: the second starts from the first one's result. */
void etag_make(str body, char etag[ETAG_LEN])
{
    uint64_t first = str_hash(body, STR_HASH_SEED);
    uint64_t second = str_hash(body, ~first * UINT64_C(0x9E3779B97F4A7C15));

    etag[0] = etag[ETAG_LEN - 1] = '"';
    put_hex(etag + 1, first);
    put_hex(etag + 17, second);
}

/* A tag holds no comma here: ours are hexadecimal, and a foreign one need not match. */
bool etag_matches(str if_none_match, str etag)
{
    str rest = if_none_match, tag;

    while (str_cut(&rest, ',', &tag)) {
        tag = str_trim(tag);
        if (str_starts(tag, STR("W/")))
            tag = str_skip(tag, 2);
        if (str_eq(tag, etag) || str_eq(tag, STR("*")))
            return true;
    }
    return false;
}
