/* Expressions as PostgreSQL prints them, piece by piece. Pure. Sources: PostgreSQL 4.1 "Lexical
 * Structure"; 9.27.7, pg_get_expr. */
#ifndef LIVE_EXPRESSION_H
#define LIVE_EXPRESSION_H

#include "base/str.h"

/* The first piece of a text that is not empty: something quoted with its quotes, a name with its
 * schemas (unquoted: "auth.uid"), or one byte. */
str expression_piece(str text);

/* What stands between parentheses, if nothing stands outside of them: "(a) or (b)" is no group. */
bool expression_group(str text, str *inside);

/* What AND or OR join outside of all parentheses. */
enum { EXPRESSION_PARTS_MAX = 16 };
enum joined { JOINED_BY_NOTHING, JOINED_BY_AND, JOINED_BY_OR };
struct parts {
    str at[EXPRESSION_PARTS_MAX]; /* without blanks around them */
    int count;                    /* 1 where nothing is joined */
    enum joined by;
};

/* False: there are too many, both words join at one level, or parentheses do not match. */
bool expression_split(str text, struct parts *parts);

#endif
