/* See describe.h. */
#include "openapi/describe.h"

#include "openapi/parts.h"

const struct fail *describe_dialect(arena *mem, str text, enum dialect *dialect)
{
    static const struct {
        str name;
        enum dialect dialect;
    } names[] = {
        {STR_ROW("2.0"),   DIALECT_2_0},
        {STR_ROW("3.1"),   DIALECT_3_1},
        {STR_ROW("3.1.0"), DIALECT_3_1},
    };
    *dialect = DIALECT_2_0;
    if (text.at == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!str_eq(names[i].name, text))
            continue;
        *dialect = names[i].dialect;
        return NULL;
    }
    struct fail *fail =
        fail_new(mem, FAIL_BAD_QUERY, "There is no OpenAPI version \"%.*s\" here", STR_ARG(text));
    fail->hint = STR("openapi=2.0 and openapi=3.1 are");
    return fail;
}

str describe(arena *mem, const struct config *config, const struct shown *shown,
             enum dialect dialect)
{
    static void (*const writers[DIALECTS])(struct description * to) = {
        [DIALECT_2_0] = describe_2_0,
        [DIALECT_3_1] = describe_3_1,
    };
    struct description to = {.mem = mem, .config = config, .shown = shown, .dialect = dialect};

    writer_init(&to.writer, mem, DESCRIPTION_MAX);
    writers[dialect](&to);
    return to.writer.out.full ? (str){NULL, 0} : buf_str(&to.writer.out);
}
