/* Media types: which ones a client accepts, and what a request's body is.
 * Source: RFC 9110 12.5.1; PostgREST "Media type handlers". plan_media.c chooses among them. */
#ifndef REST_MEDIA_H
#define REST_MEDIA_H

#include "base/fail.h"

/* What makes the rows the body of an answer. */
enum media {
    MEDIA_JSON,
    MEDIA_OBJECT,         /* exactly one row, without the brackets */
    MEDIA_ARRAY_STRIPPED, /* JSON without the members that are null */
    MEDIA_OBJECT_STRIPPED,
    MEDIA_CSV,
    MEDIA_GEOJSON, /* a FeatureCollection, by PostGIS */
    MEDIA_NDJSON,  /* a JSON value a line, streamed; of reads only */
    MEDIA_HANDLED, /* whatever a handler of the database makes */
    MEDIAS
};

/* application/vnd.pgrst.plan: how PostgreSQL would run the statement, instead of its rows. */
enum explain_format { EXPLAIN_NONE, EXPLAIN_TEXT, EXPLAIN_JSON };
enum explain_option {
    EXPLAIN_ANALYZE = 1 << 0,
    EXPLAIN_VERBOSE = 1 << 1,
    EXPLAIN_SETTINGS = 1 << 2,
    EXPLAIN_BUFFERS = 1 << 3,
    EXPLAIN_WAL = 1 << 4
};
struct explain {
    enum explain_format format;
    unsigned options;
};

/* One type of an Accept header. */
struct accepted {
    str text;      /* as sent, without blanks and weight */
    str name;      /* "text/csv" in lower case, without parameters; the text if it is no type */
    bool stripped; /* nulls=stripped */
    struct explain explain;
    str explained; /* the type that the plan is for; "application/json" unless given */
};

/* Best first: by weight, then the more specific ones, then as sent. Those of weight 0 are left
 * out. An absent header is "*" "/" "*". */
enum { ACCEPTED_MAX = 32 };
struct accept {
    const struct accepted *list;
    int count;
};
struct accept media_read(arena *mem, str header);

/* One type, with its parameters but without weight. */
struct accepted media_parse(arena *mem, str text);

/* The media that is built in under a name; MEDIAS when there is none. */
enum media media_find(str name, bool stripped);

/* "application/json", and the same as a Content-Type: text and JSON say their charset. */
str media_name(enum media media);
str media_content_type(arena *mem, str name);

/* `application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose` */
str media_explain_name(arena *mem, struct explain explain, str name);

/* "explain (format json, analyze) ", to be put before a statement. */
str media_explain_sql(arena *mem, struct explain explain);

static inline bool media_is_object(enum media media)
{
    return media == MEDIA_OBJECT || media == MEDIA_OBJECT_STRIPPED;
}

static inline bool media_is_stripped(enum media media)
{
    return media == MEDIA_ARRAY_STRIPPED || media == MEDIA_OBJECT_STRIPPED;
}

/* What a request's body is, by its Content-Type (absent: JSON). */
enum content {
    CONTENT_JSON,
    CONTENT_FORM,
    CONTENT_CSV,
    CONTENT_TEXT,
    CONTENT_XML,
    CONTENT_BYTES,
    CONTENT_OTHER
};
enum content media_content(str content_type);

/* "text/html" of "text/html; q=0.8", blanks trimmed. */
str media_essence(str type);

#endif
