/* The curated routes as an OpenAPI document, made from nothing but their files: paths, parameters
 * with types and limits, access, answers, and the comment as description.
 * Source: OpenAPI Specification 3.1.0. */
#ifndef ROUTE_OPENAPI_H
#define ROUTE_OPENAPI_H

#include "route/book.h"

/* at == NULL when the text would be larger than BOOK_OPENAPI_MAX. */
enum { BOOK_OPENAPI_MAX = 16 << 20 };
str book_openapi(arena *mem, const struct book *book);

#endif
