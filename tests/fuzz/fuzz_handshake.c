/* Any head: what is read as a good handshake has a path, a key that is safe to repeat, and texts
 * that lie inside of the head; a head that is cut off anywhere is never good. */
#include <assert.h>
#include <stdint.h>

#include "ws/handshake.h"

static void check_inside(str text, str whole)
{
    assert(text.at >= whole.at && text.at + text.len <= whole.at + whole.len);
    for (size_t i = 0; i < text.len; i++)
        assert(text.at[i] != '\r' && text.at[i] != '\n' && text.at[i] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {(const char *)data, size};
    struct handshake handshake, part;
    size_t len = 0, ignored = 0;

    if (handshake_read(text, &handshake, &len) != HANDSHAKE_GOOD)
        return 0;
    assert(len <= size);
    text.len = len;
    assert(handshake.key.len == 24 && handshake.path.len > 0 && handshake.path.at[0] == '/');
    check_inside(handshake.key, text);
    check_inside(handshake.path, text);
    for (int i = 0; i < handshake.nheaders; i++) {
        check_inside(handshake.headers[i].name, text);
        check_inside(handshake.headers[i].value, text);
    }
    for (size_t cut = len > 64 ? len - 64 : 0; cut < len; cut++)
        assert(handshake_read((str){text.at, cut}, &part, &ignored) != HANDSHAKE_GOOD);
    return 0;
}
