/* Policies of any shape, as PostgreSQL prints them: a row that holds the caller in none of the
 * columns that are said to tell its owners is never shown by them. Any other text is read, too. */
#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "live/callers.h"
#include "live/owners.h"

enum { ROWS = 18, DEPTH_MAX = 6, TEXT_MAX = 1 << 16 };
enum truth { IS_FALSE, IS_NULL, IS_TRUE };

/* What two columns and a condition on a third are in each of the rows. */
static enum truth value_in(int row, char column)
{
    return column == 'a'   ? (enum truth)(row % 3)
           : column == 'b' ? (enum truth)(row / 3 % 3)
           : row / 9       ? IS_TRUE
                           : IS_FALSE;
}

struct making {
    const uint8_t *at, *end;
    struct buf text;
};

static uint8_t next(struct making *making)
{
    return making->at < making->end ? *making->at++ : 3; /* a leaf */
}

static void put_leaf(struct making *making, uint8_t byte, enum truth values[ROWS])
{
    static const char *const leaves[] = {"(a = auth.uid())", "(b = ( SELECT auth.uid() AS uid))",
                                         "(auth.uid() = a)", "(t ~~ ') OR (a = auth.uid()'::text)"};
    static const char columns[] = "abat";

    buf_put(&making->text, str_from(leaves[byte % 4]));
    for (int row = 0; row < ROWS; row++)
        values[row] = value_in(row, columns[byte % 4]);
}

/* Appends an expression; values: what it is in each row. */
static void put(struct making *making, int depth, enum truth values[ROWS])
{
    enum truth more[ROWS];
    uint8_t byte = next(making), kind = byte & 3, parts = (uint8_t)(2 + (byte >> 2 & 1));

    if (kind == 3 || depth == DEPTH_MAX) {
        put_leaf(making, (uint8_t)(byte >> 2), values);
        return;
    }
    buf_put(&making->text, kind == 2 ? STR("(NOT ") : STR("("));
    put(making, depth + 1, values);
    for (int row = 0; kind == 2 && row < ROWS; row++)
        values[row] = (enum truth)(IS_TRUE - values[row]);
    for (int i = 1; kind != 2 && i < parts; i++) {
        buf_put(&making->text, kind == 0 ? STR(" AND ") : STR(" OR "));
        put(making, depth + 1, more);
        for (int row = 0; row < ROWS; row++)
            if (kind == 0 ? more[row] < values[row] : more[row] > values[row])
                values[row] = more[row];
    }
    buf_putc(&making->text, ')');
}

static struct owners read_owners(arena *mem, str visible)
{
    static const struct fact_column columns[] = {
        {.name = STR_ROW("a"), .full = STR_ROW("uuid")},
        {.name = STR_ROW("b"), .full = STR_ROW("uuid")},
        {.name = STR_ROW("t"), .full = STR_ROW("text")}
    };
    struct facts facts = {.columns = columns, .ncolumns = 3, .joint = callers_policy(mem, visible)};

    return facts.joint.at == NULL ? (struct owners){.count = 0} : owners_read(&facts);
}

static bool is_owned(const struct owners *owners, int row)
{
    for (int i = 0; i < owners->count; i++)
        if (value_in(row, owners->columns[i].at[0]) == IS_TRUE)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    struct making making = {.at = data, .end = data + size};
    enum truth values[ROWS];

    buf_init(&making.text, mem, TEXT_MAX);
    buf_put(&making.text, STR("(("));
    put(&making, 0, values);
    buf_put(&making.text, STR("))"));
    struct owners owners = read_owners(mem, buf_str(&making.text));
    for (int row = 0; owners.count > 0 && row < ROWS; row++)
        assert(values[row] != IS_TRUE || is_owned(&owners, row));
    owners = read_owners(mem, (str){(const char *)data, size});
    for (int i = 0; i < owners.count; i++)
        assert(str_eq(owners.columns[i], STR("a")) || str_eq(owners.columns[i], STR("b")));
    arena_close(&mem);
    return 0;
}
