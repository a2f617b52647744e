/* Any text as a filter's value is refused, or read into a condition: a list is then an array
 * literal of PostgreSQL with quoted elements only, any other value is a piece of the text. */
#include <stdint.h>
#include <stdlib.h>

#include "rest/condition.h"

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

/* {"a","b\"c"}: braces around quoted elements with commas between them. */
static void check_list(str list)
{
    size_t at = 1;

    must(list.len >= 2 && list.at[0] == '{' && list.at[list.len - 1] == '}');
    while (at < list.len - 1) {
        must(list.at[at++] == '"');
        while (at < list.len && list.at[at] != '"')
            at += list.at[at] == '\\' ? 2 : 1;
        must(at < list.len - 1);
        at++;
        must(list.at[at] == (at == list.len - 1 ? '}' : ','));
        at += at < list.len - 1;
    }
}

static void check(const struct condition *condition, str text, int depth)
{
    must(depth <= CONDITION_DEPTH_MAX + 1);
    for (; condition != NULL; condition = condition->next) {
        if (condition->kind != CONDITION_FILTER) {
            must(condition->children != NULL);
            check(condition->children, text, depth + 1);
            continue;
        }
        if (condition->op == NULL)
            abort();
        if (condition->op->operand == OPERAND_LIST)
            check_list(condition->value);
        else
            must(condition->value.len <= text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct field field = {.name = STR("a")};
    str text = {(const char *)data, size};
    struct condition *condition;
    arena *mem = arena_open();

    if (condition_read(mem, field, text, &condition) == NULL) {
        must(condition->next == NULL && condition_looks_like(mem, text));
        check(condition, text, 1);
    }
    if (condition_read_tree(mem, CONDITION_OR, false, text, &condition) == NULL)
        check(condition, text, 1);
    arena_close(&mem);
    return 0;
}
