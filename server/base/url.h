/* Percent-encoding and the query string. Source: RFC 3986 2.1; WHATWG URL, urlencoded parsing. */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/buf.h"

enum url_plus { URL_PLUS_IS_BLANK, URL_PLUS_IS_PLUS };

/* Decodes %XX (and '+', in a query). False on a NUL byte, bytes that are not UTF-8 and, in a path,
 * a malformed escape; in a query that stands for itself, as WHATWG has it. Without escapes the text
 * itself is returned, not a copy. */
bool url_decode(arena *mem, str text, enum url_plus plus, str *decoded)
    __attribute__((warn_unused_result));

/* Appends the text with all but the unreserved characters encoded. */
void url_put(struct buf *buf, str text);

/* Cuts the next "key=value" off the query; both still encoded. value.at == NULL when
 * there is no '='. Empty pieces are skipped. False at the end. */
bool url_next(str *query, str *key, str *value);

/* The length of the well-formed UTF-8 sequence at the start of a text that is not empty (no
 * overlong form, no surrogate, at most U+10FFFF); 0 when there is none. Source: Unicode, table 3-7.
 */
size_t utf8_length(str text);

/* True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates) without NUL. */
bool utf8_valid(str text);

#endif
