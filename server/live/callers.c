/* See callers.h. Sources: PostgreSQL 4.1 "Lexical Structure"; 9.27.7, pg_get_expr; 8.15.6 for the
 * texts of arrays; 4.2.14 for the order in which a CASE evaluates. */
#include "live/callers.h"

#include <ctype.h>

#include "base/buf.h"

enum { SQL_MAX = 1 << 20, UUID_CHARS = 36 };

/* No column of a table is likely to be called so: policies name columns alone. */
#define UID "\"postern uid\""

/* ---- the policies ---- */

/* What is quoted, from its first to its last quote: a quote inside stands there twice, and so is
 * the beginning of the next one. */
static str take_quoted(str text)
{
    const char *end = memchr(text.at + 1, text.at[0], text.len - 1);
    return (str){text.at, end == NULL ? text.len : (size_t)(end - text.at) + 1};
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || strchr("_$.\"", byte) != NULL || (byte & 0x80) != 0;
}

static str take_name(str text)
{
    size_t len = 0;

    while (len < text.len && is_name_byte(text.at[len]) && text.at[len] != '"')
        len++;
    return (str){text.at, len};
}

/* A call of auth.uid(), bare or in a SELECT of its own, which says the same. */
static size_t call_at(str text)
{
    static const str shapes[] = {STR_ROW("( SELECT auth.uid() AS uid)"), STR_ROW("auth.uid()")};

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (str_starts(text, shapes[i]))
            return shapes[i].len;
    return 0;
}

/* The next piece of an expression: a call, something quoted, a name, or one byte. */
static str take_piece(str text, bool *call)
{
    size_t len = call_at(text);

    *call = len > 0;
    if (len > 0)
        return (str){text.at, len};
    if (text.at[0] == '\'' || text.at[0] == '"')
        return take_quoted(text);
    str name = take_name(text);
    return name.len > 0 ? name : (str){text.at, 1};
}

/* What may be another way to write the call, behind a schema or quoted. */
static bool is_like_uid(str piece)
{
    return str_ends(piece, STR("uid")) || str_ends(piece, STR("uid\""));
}

str callers_policy(arena *mem, str visible)
{
    const str none = {NULL, 0};
    struct buf out;
    int calls = 0;

    buf_init(&out, mem, SQL_MAX);
    while (visible.len > 0) {
        bool call;
        str piece = take_piece(visible, &call);
        visible = str_skip(visible, piece.len);
        if (is_like_uid(piece) && str_starts(visible, STR("(")))
            return none;
        buf_put(&out, call ? STR(UID) : piece);
        calls += call;
    }
    return calls == 0 ? none : buf_str(&out);
}

/* ---- the question ---- */

/* A caller's claims are set before its auth.uid() is called, as a CASE evaluates its condition
 * first; once for each, as what is materialized is not folded into the rest. */
#define CALLERS                                                                                    \
    "with \"postern callers\" (\"postern caller\", " UID ") as materialized (select ordinal,"      \
    " case when set_config('request.jwt.claims', claims, true) is not null"                        \
    " and set_config('request.jwt.claim.sub', subject, true) is not null"                          \
    " then auth.uid() end"                                                                         \
    " from unnest($2::text[], $3::text[]) with ordinality as c (claims, subject, ordinal))"        \
    " select \"postern ordinal\", \"postern caller\" from \"postern callers\", "

str callers_sql(arena *mem, const struct facts *facts)
{
    struct buf sql;

    buf_init(&sql, mem, SQL_MAX);
    buf_put(&sql, STR(CALLERS));
    facts_put_rows(&sql, facts, facts->table);
    buf_put(&sql, STR(" where "));
    buf_put(&sql, facts->joint);
    return buf_str(&sql);
}

bool callers_may_join(const struct claims *claims)
{
    str subject = claims->subject;

    for (size_t i = 0; i < subject.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? subject.at[i] != '-' : !isxdigit((unsigned char)subject.at[i]))
            return false;
    }
    return subject.len == UUID_CHARS;
}
