/* A head that the guard lets pass has one Host, at most one way to say how long its body is, no
 * folded line and no line without its carriage return, whatever bytes it is made of. */
#include <assert.h>
#include <stdint.h>

#include "http/guard.h"

static int count(str head, str name)
{
    int found = 0;

    for (size_t i = 0; i + name.len <= head.len; i++)
        found += memcmp(head.at + i, name.at, name.len) == 0;
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str head = {(const char *)data, size};
    size_t len = guard_head_len(head);

    assert(len <= size);
    if (len == 0 || guard_check((str){head.at, len}, false) != NULL)
        return 0;
    head.len = len;
    assert(count(head, STR("\nhost:")) == 1);
    assert(count(head, STR("\ncontent-length:")) + count(head, STR("\ntransfer-encoding:")) <= 1);
    assert(count(head, STR("\n ")) == 0 && count(head, STR("\n\t")) == 0);
    for (size_t i = 0; i < len; i++)
        assert(head.at[i] != '\n' || (i > 0 && head.at[i - 1] == '\r'));
    return 0;
}
