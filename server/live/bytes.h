/* Reads numbers and texts in network order off the front of a message. The first lack sticks:
 * every later read gives nothing, so a reader checks once, at the end. */
#ifndef LIVE_BYTES_H
#define LIVE_BYTES_H

#include "base/str.h"

struct bytes {
    str rest;
    bool lacking;
};

static inline str bytes_take(struct bytes *in, size_t len)
{
    if (in->lacking || in->rest.len < len) {
        in->lacking = true;
        return (str){"", 0};
    }
    str taken = {in->rest.at, len};
    in->rest = str_skip(in->rest, len);
    return taken;
}

static inline uint64_t bytes_number(struct bytes *in, size_t len)
{
    str taken = bytes_take(in, len);
    uint64_t number = 0;

    for (size_t i = 0; i < taken.len; i++)
        number = number << 8 | (unsigned char)taken.at[i];
    return number;
}

/* Up to a NUL byte, which is taken too. */
static inline str bytes_text(struct bytes *in)
{
    const char *end = in->lacking ? NULL : memchr(in->rest.at, '\0', in->rest.len);

    if (end == NULL) {
        in->lacking = true;
        return (str){"", 0};
    }
    str text = bytes_take(in, (size_t)(end - in->rest.at));
    bytes_take(in, 1);
    return text;
}

#endif
