/* Entity tags. Source: RFC 9110, 8.8.3 and 13.1.2. */
#ifndef CACHE_ETAG_H
#define CACHE_ETAG_H

#include "base/str.h"

enum { ETAG_LEN = 34 }; /* 32 hexadecimal digits in quotes */

/* A strong tag: a 128-bit hash of the body. */
void etag_make(str body, char etag[ETAG_LEN]);

/* Does an If-None-Match header name this tag? Weak comparison, as a GET wants it; "*" names any.
 * at == NULL (no header) names none. */
bool etag_matches(str if_none_match, str etag);

#endif
