/* base64url; see base64.h. */
#include "auth/base64.h"

enum { NO_DIGIT = -1 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int digit(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    if (byte == '-')
        return 62;
    return byte == '_' ? 63 : NO_DIGIT;
}

bool base64url_decode(arena *mem, str text, str *bytes)
{
    char *at = h2o_mem_alloc_pool(mem, text.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t bits = 0;
    int nbits = 0;

    for (size_t i = 0; i < text.len; i++) {
        int value = digit(text.at[i]);
        if (value == NO_DIGIT)
            return false;
        bits = bits << 6 | (uint32_t)value;
        nbits += 6;
        if (nbits >= 8) {
            nbits -= 8;
            at[len++] = (char)(bits >> nbits);
        }
    }
    at[len] = '\0';
    *bytes = (str){at, len};
    return nbits < 6 && (bits & ((1U << nbits) - 1)) == 0;
}

bool base64_decode(arena *mem, str text, str *bytes)
{
    char *at = h2o_mem_alloc_pool(mem, text.len + 1);

    while (text.len > 0 && text.at[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        at[i] = text.at[i];
        if (at[i] == '+')
            at[i] = '-';
        else if (at[i] == '/')
            at[i] = '_';
    }
    return base64url_decode(mem, (str){at, text.len}, bytes);
}

str base64url_encode(arena *mem, str bytes)
{
    char *at = h2o_mem_alloc_pool(mem, bytes.len / 3 * 4 + 5);
    size_t len = 0;
    uint32_t bits = 0;
    int nbits = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << 8 | (unsigned char)bytes.at[i];
        for (nbits += 8; nbits >= 6; nbits -= 6)
            at[len++] = alphabet[bits >> (nbits - 6) & 63];
    }
    if (nbits > 0)
        at[len++] = alphabet[bits << (6 - nbits) & 63];
    at[len] = '\0';
    return (str){at, len};
}
