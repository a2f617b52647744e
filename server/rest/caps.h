/* What one request may ask for at most, in one place: more is a clear 400 or 413. The length of
 * its head and the bytes of its body are the server's to limit: see http/ and POSTERN_BODY_MAX;
 * the depth of JSON is in base/json.h. */
#ifndef REST_CAPS_H
#define REST_CAPS_H

enum {
    PARAMETERS_MAX = 1000,     /* key=value pairs of one query */
    QUERY_BYTES_MAX = 1 << 20, /* of the body of a QUERY */
    FILTERS_MAX = 500,         /* of one request, in all its levels and trees */
    ELEMENTS_MAX = 10000,      /* of one in.(...) */
    CONDITION_DEPTH_MAX = 32,  /* and(or(...)) */
    ITEMS_MAX = 1600,          /* of one select list: PostgreSQL takes 1,664 */
    ITEM_DEPTH_MAX = 16,       /* of relations in relations */
    ITEM_EMBEDS_MAX = 100,     /* relations in one request */
    STEPS_MAX = 32,            /* of one JSON path */
    SQL_TEXT_MAX = 1 << 20,    /* bytes of one statement */
    SQL_PARAMS_MAX = 1000,     /* values of one statement */
    BODY_ROWS_MAX = 100000,    /* of one insert */
    BODY_KEYS_MAX = 1600,      /* of one object: a table has at most so many columns */
    BODY_JSON_MAX = 64 << 20,  /* bytes: what a form or CSV may become */
};

#endif
