/* A read whose filters are too long for a URL: the method QUERY, or POST ...?_method=query from a
 * client or through a proxy that does not know QUERY. The body holds what the URL's query would.
 * Source: RFC 10008. */
#ifndef REST_LONG_QUERY_H
#define REST_LONG_QUERY_H

#include "base/fail.h"
#include "base/request.h"

/* Makes such a request the GET that it means: parameters of the URL first, then those of the body;
 * read-only like any GET. Leaves every other request as it is. 415 when the body is no form, 413
 * when it is longer than QUERY_BYTES_MAX. */
const struct fail *long_query_read(struct request *req);

/* What the header Accept-Query says where QUERY is understood. */
#define ACCEPT_QUERY STR("\"application/x-www-form-urlencoded\"")

#endif
