/* What h2o 2.2.5 lets pass and a proxy in front may read otherwise: request smuggling. */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "base/str.h"

enum { HEAD_MAX = 64 << 10 }; /* bytes of a request's head */

/* Reads the raw head of one request (names already in lower case, as h2o leaves them) up to its
 * empty line. NULL when its framing has one meaning only; else what is wrong with it.
 * Source: RFC 9112 sections 2.2, 3.2, 5.2, 6.1, 6.3. */
const char *guard_check(str head, bool http_1_0);

/* The length of the head with its empty line; 0 when there is none. */
size_t guard_head_len(str bytes);

#endif
