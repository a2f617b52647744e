/* See json_form.h. */
#include "schema/json_form.h"

#include "base/json.h"

enum { KEY_MAX = 1 << 12 };

/* Types whose text needs no help, as the catalogue writes them; a length may follow: "(10,2)". */
static const struct {
    str type;
    enum json_form form;
} plain_types[] = {
    {STR_ROW("bigint"),            JSON_FORM_NUMBER},
    {STR_ROW("integer"),           JSON_FORM_NUMBER},
    {STR_ROW("smallint"),          JSON_FORM_NUMBER},
    {STR_ROW("numeric"),           JSON_FORM_NUMBER},
    {STR_ROW("double precision"),  JSON_FORM_NUMBER},
    {STR_ROW("real"),              JSON_FORM_NUMBER},
    {STR_ROW("boolean"),           JSON_FORM_BOOL  },
    {STR_ROW("text"),              JSON_FORM_TEXT  },
    {STR_ROW("character varying"), JSON_FORM_TEXT  },
    {STR_ROW("uuid"),              JSON_FORM_TEXT  },
    {STR_ROW("json"),              JSON_FORM_JSON  },
    {STR_ROW("jsonb"),             JSON_FORM_JSON  },
};

static bool is_type(str type, str plain)
{
    if (!str_starts(type, plain))
        return false;
    type = str_skip(type, plain.len);
    return type.len == 0 || (type.at[0] == '(' && str_ends(type, STR(")")));
}

enum json_form json_form_of(str type)
{
    for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++)
        if (is_type(type, plain_types[i].type))
            return plain_types[i].form;
    return JSON_FORM_CONVERTED;
}

str json_key_of(arena *mem, str name)
{
    struct buf key;

    buf_init(&key, mem, KEY_MAX);
    json_put_string(&key, name);
    buf_putc(&key, ':');
    return buf_str(&key);
}
