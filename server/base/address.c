/* Reads addresses and ranges, and walks X-Forwarded-For from its trusted end; see address.h. */
#include "base/address.h"

#include <arpa/inet.h>

enum { V4_BYTES = 4, V4_AT = 12 /* in ::ffff:192.0.2.1 */, BITS_PER_BYTE = 8 };

static bool is_mapped(const unsigned char *bytes)
{
    static const unsigned char prefix[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

static bool parse_address(str text, struct address_range *range)
{
    char room[ADDRESS_TEXT_MAX];

    *range = (struct address_range){.is_v4 = true, .bits = V4_BYTES * BITS_PER_BYTE};
    if (text.len == 0 || text.len >= sizeof(room))
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = '\0';
    if (strlen(room) != text.len)
        return false;
    if (inet_pton(AF_INET, room, range->bytes) == 1)
        return true;
    if (inet_pton(AF_INET6, room, range->bytes) != 1)
        return false;
    range->is_v4 = is_mapped(range->bytes);
    if (range->is_v4)
        memmove(range->bytes, range->bytes + V4_AT, V4_BYTES);
    else
        range->bits = ADDRESS_BYTES * BITS_PER_BYTE;
    return true;
}

bool address_range_parse(str text, struct address_range *range)
{
    long slash = str_find(text, '/');
    int64_t bits;

    if (slash < 0)
        return parse_address(text, range);
    str prefix = {text.at, (size_t)slash}, length = str_skip(text, (size_t)slash + 1);
    if (!parse_address(prefix, range) || !str_int(length, &bits) || bits < 0)
        return false;
    if (range->is_v4 && str_find(prefix, ':') >= 0) /* ::ffff:192.0.2.0/120 is 192.0.2.0/24 */
        bits -= (int64_t)V4_AT * BITS_PER_BYTE;
    if (bits < 0 || bits > range->bits)
        return false;
    range->bits = (int)bits;
    return true;
}

static bool is_in(const struct address_range *address, const struct address_range *range)
{
    size_t whole = (size_t)range->bits / BITS_PER_BYTE;
    int rest = range->bits % BITS_PER_BYTE;

    if (address->is_v4 != range->is_v4 || memcmp(address->bytes, range->bytes, whole) != 0)
        return false;
    int mask = 0xff << (BITS_PER_BYTE - rest) & 0xff;
    return rest == 0 || ((address->bytes[whole] ^ range->bytes[whole]) & mask) == 0;
}

bool address_in_list(str address, str list)
{
    struct address_range one, range;
    bool is_address = parse_address(address, &one);
    str piece;

    while (str_cut(&list, ',', &piece)) {
        piece = str_trim(piece);
        if (address.len == 0 && str_eq(piece, STR("unix")))
            return true;
        if (is_address && address_range_parse(piece, &range) && is_in(&one, &range))
            return true;
    }
    return false;
}

/* "192.0.2.1:4711" and "[2001:db8::1]:4711", as some proxies write them. */
static str without_port(str hop)
{
    long end = str_find(hop, ']'), colon = str_find(hop, ':');

    if (hop.len > 0 && hop.at[0] == '[' && end > 0)
        return (str){hop.at + 1, (size_t)end - 1};
    bool one_colon = colon >= 0 && str_find(str_skip(hop, (size_t)colon + 1), ':') < 0;
    return one_colon ? (str){hop.at, (size_t)colon} : hop;
}

static bool take_last(str *list, str *hop)
{
    size_t start = list->len;

    if (list->len == 0)
        return false;
    while (start > 0 && list->at[start - 1] != ',')
        start--;
    *hop = without_port(str_trim((str){list->at + start, list->len - start}));
    list->len = start > 0 ? start - 1 : 0;
    return true;
}

static str as_text(arena *mem, const struct address_range *address)
{
    char room[ADDRESS_TEXT_MAX];

    if (inet_ntop(address->is_v4 ? AF_INET : AF_INET6, address->bytes, room, sizeof(room)) == NULL)
        return STR("");
    return arena_copy(mem, str_from(room));
}

str address_of_client(arena *mem, str peer, str forwarded, str trusted)
{
    struct address_range hop;
    str client = peer, text;

    while (address_in_list(client, trusted) && take_last(&forwarded, &text)) {
        if (!parse_address(text, &hop))
            break;
        client = as_text(mem, &hop);
    }
    return client;
}
