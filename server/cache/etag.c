/* Entity tags: made from the body, compared with what a client holds. */
#include "cache/etag.h"

static void put_hex(char *at, uint64_t value)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        at[i] = "0123456789abcdef"[value & 15];
}

/* Both halves of the 128-bit product, folded: every bit of the factors moves all of the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Two lanes of eight bytes at a time: every read of a table is hashed, so it must cost next to
 * nothing. Nobody forges a tag to fool himself. */
static void hash(str body, uint64_t lanes[2])
{
    static const uint64_t odd[] = {UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xC2B2AE3D27D4EB4F)};
    enum { STEP = 2 * sizeof(uint64_t) };
    char last[STEP] = {0};
    uint64_t a = odd[0] ^ body.len, b = odd[1] + body.len;

    for (; body.len >= STEP; body = str_skip(body, STEP)) {
        a = mix(a ^ word_at(body.at), odd[0] ^ word_at(body.at + 8));
        b = mix(b ^ word_at(body.at + 8), odd[1] ^ word_at(body.at)) + a;
    }
    if (body.len > 0)
        memcpy(last, body.at, body.len);
    a = mix(a ^ word_at(last), odd[0] ^ word_at(last + 8));
    b = mix(b ^ word_at(last + 8), odd[1] ^ word_at(last));
    lanes[0] = mix(a ^ odd[1], b ^ odd[0]);
    lanes[1] = mix(b ^ odd[1], lanes[0] ^ odd[0]) ^ a;
}

void etag_make(str body, char etag[ETAG_LEN])
{
    uint64_t lanes[2];

    hash(body, lanes);
    etag[0] = etag[ETAG_LEN - 1] = '"';
    put_hex(etag + 1, lanes[0]);
    put_hex(etag + 17, lanes[1]);
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
