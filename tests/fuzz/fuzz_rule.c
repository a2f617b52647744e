/* Any bytes as the rule of a view: every column read has three numbers above zero, there are no
 * more of them than nodes in the text, and brackets that are escaped hide nothing: in a longer text
 * the same rule says the same. */
#include <stdint.h>
#include <stdlib.h>

#include "schema/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static size_t count_bytes(str text, char byte)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == byte;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str rule = {(const char *)data, size};
    struct shown *list, *again;
    int count = rule_read(mem, rule, 1, &list);
    str tail = arena_printf(mem, "%.*s :resno\\) 7", STR_ARG(rule));

    must(count >= 0 && (size_t)count <= count_bytes(rule, '{'));
    for (int i = 0; i < count; i++)
        must(list[i].view == 1 && list[i].number > 0 && list[i].table > 0 && list[i].column > 0);
    if (count > 0 && rule.at[size - 1] == ')' && memchr(data, 0, size) == NULL) {
        must(rule_read(mem, tail, 1, &again) == count);
        must(memcmp(list, again, (size_t)count * sizeof(*list)) == 0);
    }
    arena_close(&mem);
    return 0;
}
