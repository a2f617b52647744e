/* See digest.h. */
#include "auth/digest.h"

#include <openssl/sha.h>

str digest_hex(arena *mem, str bytes)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *text = h2o_mem_alloc_pool(mem, 2 * sizeof(digest));

    SHA256((const unsigned char *)bytes.at, bytes.len, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    return (str){text, 2 * sizeof(digest)};
}
