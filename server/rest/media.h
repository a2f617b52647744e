/* Media types: which of those the client accepts the answer has, and what its body is.
 * Source: RFC 9110 12.5.1; PostgREST "Media type handlers". */
#ifndef REST_MEDIA_H
#define REST_MEDIA_H

#include "base/fail.h"

enum media {
    MEDIA_JSON,
    MEDIA_OBJECT,         /* exactly one row, without the brackets */
    MEDIA_ARRAY_STRIPPED, /* JSON without the members that are null */
    MEDIA_OBJECT_STRIPPED,
    MEDIA_CSV,
    MEDIAS
};

/* The best of an Accept header (absent: JSON). A type with a higher q goes first, then the
 * one that is named first. 406 when none is available. */
const struct fail *media_accept(arena *mem, str accept, enum media *media);

str media_type(enum media media); /* for Content-Type */

static inline bool media_is_object(enum media media)
{
    return media == MEDIA_OBJECT || media == MEDIA_OBJECT_STRIPPED;
}

static inline bool media_is_stripped(enum media media)
{
    return media == MEDIA_ARRAY_STRIPPED || media == MEDIA_OBJECT_STRIPPED;
}

/* What a request's body is, by its Content-Type (absent: JSON). */
enum content { CONTENT_JSON, CONTENT_FORM, CONTENT_CSV, CONTENT_TEXT, CONTENT_OTHER };
enum content media_content(str content_type);

/* "text/html" of "text/html; q=0.8", blanks trimmed. */
str media_essence(str type);

#endif
