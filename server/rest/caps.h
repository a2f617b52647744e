/* What one request may ask for at most, in one place: more is a clear 400 or 413. The length of
 * its head and the bytes of its body are the server's to limit: see http/ and POSTERN_BODY_MAX. */
#ifndef REST_CAPS_H
#define REST_CAPS_H

enum {
    BODY_ROWS_MAX = 100000,   /* of one insert */
    BODY_KEYS_MAX = 1600,     /* of one object: a table has at most so many columns */
    BODY_JSON_MAX = 64 << 20, /* bytes: what a form or CSV may become */
};

#endif
