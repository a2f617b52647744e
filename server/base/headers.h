/* Response headers that the database asks for, in response.headers or in a RAISE. Names and values
 * are checked, so that none of them can end the head or change where a body ends. */
#ifndef BASE_HEADERS_H
#define BASE_HEADERS_H

#include "base/request.h"

enum { ASKED_MAX = 64 };

struct headers {
    struct header *list;
    int count;
};

/* Reads [{"Name":"value"},...], where a name may come twice, or {"Name":"value",...}. False when
 * it is anything else, has more than ASKED_MAX or one that is no header. Those that frame the
 * message (Content-Length, ...) are left out. */
bool headers_read_list(arena *mem, str json, struct headers *headers);
bool headers_read_object(arena *mem, str json, struct headers *headers);

/* Is there one of this name, in whatever case? */
bool headers_have(const struct headers *headers, str name);

/* May the text stand in a header's value or behind a status? */
bool headers_value_is_fine(str value);

#endif
