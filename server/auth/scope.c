/* See scope.h. */
#include "auth/scope.h"

#include "base/buf.h"

enum { SCOPES_TEXT_MAX = 128 };

static const struct {
    str name;
    unsigned bit;
} scopes_table[] = {
    {STR_ROW("rest:read"),  SCOPE_REST_READ },
    {STR_ROW("rest:write"), SCOPE_REST_WRITE},
    {STR_ROW("rest:call"),  SCOPE_REST_CALL },
    {STR_ROW("api:read"),   SCOPE_API_READ  },
    {STR_ROW("api:write"),  SCOPE_API_WRITE },
    {STR_ROW("live"),       SCOPE_LIVE      },
};
enum { SCOPES = sizeof(scopes_table) / sizeof(scopes_table[0]) };

unsigned scope_named(str name)
{
    for (int i = 0; i < SCOPES; i++)
        if (str_eq(name, scopes_table[i].name))
            return scopes_table[i].bit;
    return SCOPE_NONE;
}

bool scopes_parse(str list, unsigned *scopes)
{
    str name;

    *scopes = SCOPE_NONE;
    while (str_cut(&list, ',', &name)) {
        unsigned bit = scope_named(str_trim(name));
        if (bit == SCOPE_NONE)
            return false;
        *scopes |= bit;
    }
    return *scopes != SCOPE_NONE;
}

str scopes_text(arena *mem, unsigned scopes)
{
    struct buf text;

    buf_init(&text, mem, SCOPES_TEXT_MAX);
    for (int i = 0; i < SCOPES; i++) {
        if ((scopes & scopes_table[i].bit) == 0)
            continue;
        buf_put(&text, text.len > 0 ? STR(", ") : STR(""));
        buf_put(&text, scopes_table[i].name);
    }
    return buf_str(&text);
}
