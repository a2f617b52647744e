/* See cast.h. Source: PostgreSQL, table 8.1: names that its grammar knows and its catalogue does
 * not, or not as a type of its own. */
#include "rest/cast.h"

#include "base/buf.h"

enum { CAST_MAX = 256 };

static const struct {
    str name, type;
} words[] = {
    {STR_ROW("int"),                         STR_ROW("integer")                    },
    {STR_ROW("integer"),                     STR_ROW("integer")                    },
    {STR_ROW("smallint"),                    STR_ROW("smallint")                   },
    {STR_ROW("bigint"),                      STR_ROW("bigint")                     },
    {STR_ROW("decimal"),                     STR_ROW("numeric")                    },
    {STR_ROW("dec"),                         STR_ROW("numeric")                    },
    {STR_ROW("real"),                        STR_ROW("real")                       },
    {STR_ROW("float"),                       STR_ROW("double precision")           },
    {STR_ROW("double precision"),            STR_ROW("double precision")           },
    {STR_ROW("boolean"),                     STR_ROW("boolean")                    },
    {STR_ROW("bit"),                         STR_ROW("bit")                        },
    {STR_ROW("bit varying"),                 STR_ROW("bit varying")                },
    {STR_ROW("char"),                        STR_ROW("character")                  },
    {STR_ROW("nchar"),                       STR_ROW("character")                  },
    {STR_ROW("character"),                   STR_ROW("character")                  },
    {STR_ROW("char varying"),                STR_ROW("character varying")          },
    {STR_ROW("character varying"),           STR_ROW("character varying")          },
    {STR_ROW("time with time zone"),         STR_ROW("time with time zone")        },
    {STR_ROW("time without time zone"),      STR_ROW("time without time zone")     },
    {STR_ROW("timestamp with time zone"),    STR_ROW("timestamp with time zone")   },
    {STR_ROW("timestamp without time zone"), STR_ROW("timestamp without time zone")},
};

/* As PostgreSQL folds a name that is not quoted. */
static str fold(arena *mem, str name)
{
    struct buf out;

    buf_init(&out, mem, CAST_MAX);
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.at[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte | 0x20);
        buf_putc(&out, byte);
    }
    return buf_str(&out);
}

static str quoted(arena *mem, str name)
{
    struct buf out;

    buf_init(&out, mem, CAST_MAX);
    buf_putc(&out, '"');
    buf_put(&out, name);
    buf_putc(&out, '"');
    return buf_str(&out);
}

static const struct fail *no_type(arena *mem, str name)
{
    struct fail *fail = fail_new(mem, FAIL_SQL, "type \"%.*s\" does not exist", STR_ARG(name));
    fail->code = "42704"; /* undefined_object */
    return fail;
}

const struct fail *cast_find(arena *mem, const struct schema *schema, str name, str *type)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_ieq(words[i].name, name))
            continue;
        *type = words[i].type;
        return NULL;
    }
    str folded = fold(mem, name);
    if (str_find(folded, '"') >= 0 || !schema_has_type(schema, folded))
        return no_type(mem, folded);
    *type = quoted(mem, folded);
    return NULL;
}
