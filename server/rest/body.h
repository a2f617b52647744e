/* The body of a write or a call. It is validated and its keys are read; the text itself goes to
 * PostgreSQL as it is, never into a tree of ours. */
#ifndef REST_BODY_H
#define REST_BODY_H

#include "base/request.h"
#include "rest/item.h"
#include "rest/media.h"

enum body_kind {
    BODY_NONE, /* no rows: an empty array, or a lone scalar, which PostgREST takes as one */
    BODY_OBJECT,
    BODY_ARRAY, /* of objects with the same keys */
    BODY_WHOLE, /* not JSON: text, XML or bytes, for a function with one unnamed parameter */
    BODY_FORM   /* of a call: what it says are arguments */
};

/* An argument of a call: ?name=value, or of a form. */
struct argument {
    str name, value;
    struct argument *next;
};

struct body {
    enum body_kind kind;
    enum content content;
    str json;                   /* or what was sent, of BODY_WHOLE */
    struct argument *arguments; /* of BODY_FORM */
    struct name_list keys;      /* of the object, or of the array's first object */
    str content_type;           /* as sent, without parameters */
};

/* Do all objects of an array need the keys of the first? Not with columns=. */
enum body_keys { BODY_KEYS_UNIFORM, BODY_KEYS_ANY };

/* Reads JSON, a form or CSV (which become JSON). Other types: 400 PGRST102. */
const struct fail *body_read(const struct request *req, enum body_keys keys, struct body *body);

/* The same for a call: no body is {}, a form is arguments, of which one may come twice, and text,
 * XML and bytes are taken as they are. */
const struct fail *body_read_call(const struct request *req, enum body_keys keys,
                                  struct body *body);

/* What CSV says, as a JSON array of objects. 400 when it is none, or its lines are not all as long
 * as the first; 413 when it is too much. In body_csv.c. */
const struct fail *body_csv(arena *mem, str text, str *json);

#endif
