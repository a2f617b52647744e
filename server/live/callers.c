/* See callers.h. Source: PostgreSQL 4.2.14, the order in which a CASE evaluates. */
#include "live/callers.h"

#include <ctype.h>

#include "base/buf.h"
#include "live/expression.h"

enum { SQL_MAX = 1 << 20, UUID_CHARS = 36 };

#define UID CALLERS_UID

/* ---- the policies ---- */

/* A call of auth.uid(), bare or in a SELECT of its own, which says the same. */
static size_t call_at(str text)
{
    static const str shapes[] = {STR_ROW("( SELECT auth.uid() AS uid)"), STR_ROW("auth.uid()")};

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (str_starts(text, shapes[i]))
            return shapes[i].len;
    return 0;
}

/* The next piece of an expression, or a call. */
static str take_piece(str text, bool *call)
{
    size_t len = call_at(text);

    *call = len > 0;
    if (*call)
        return (str){text.at, len};
    return expression_piece(text);
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
