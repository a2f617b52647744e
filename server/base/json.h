/* Small JSON of our own making, and a strict reader of JSON that is not worth a tree.
 * Source: RFC 8259. Trees, where they are needed (claims, snapshots), are jansson's. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

/* Appends text as a JSON string with quotes; absent text becomes null. Bytes that are
 * not UTF-8 are replaced by U+FFFD. */
void json_put_string(struct buf *buf, str text);

enum { JSON_DEPTH_MAX = 64 };
enum json_kind {
    JSON_INVALID,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Checks that the whole text is one JSON value nested at most JSON_DEPTH_MAX deep, and
 * says of which kind. Allocates nothing. Agrees with jansson on what is valid, but numbers may
 * be of any size (PostgreSQL's numeric holds them). NUL escapes (\u0000) are valid JSON but
 * PostgreSQL cannot store them: refused as invalid. */
enum json_kind json_check(str text);

/* Of a text that json_check refuses: is it because of its nesting? */
bool json_is_deep(str text);

/* Walks the members of an object or the elements of an array that json_check accepted.
 * `at` starts as the text and is consumed. key (objects only; still quoted and escaped)
 * and value are slices of the text. False at the end. */
struct json_walk {
    str rest;
    bool object, started;
};
enum json_kind json_walk_open(struct json_walk *walk, str text);
bool json_walk_next(struct json_walk *walk, str *key, str *value);

/* The text of a quoted JSON string, unescaped into the arena (or a slice, if nothing is escaped).
 */
str json_unquote(arena *mem, str quoted);

enum json_kind json_kind_of(str value); /* by its first byte */

#endif
