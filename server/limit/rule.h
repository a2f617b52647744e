/* How many requests of a class are allowed: "api-read=300/min, auth=30/min". */
#ifndef LIMIT_RULE_H
#define LIMIT_RULE_H

#include "base/arena.h"

enum limit_class {
    LIMIT_REST_READ,  /* the PostgREST language: GET and HEAD */
    LIMIT_REST_WRITE, /* everything else of it */
    LIMIT_API_READ,   /* curated routes */
    LIMIT_API_WRITE,  /* the same, and broadcasts by HTTP */
    LIMIT_AUTH,       /* signing in, profiles, new keys */
    LIMIT_NODES,      /* machines with an API key, all of an operator together */
    LIMIT_CLASSES,    /* keep behind the classes */
    LIMIT_NONE = LIMIT_CLASSES
};

struct limit_rule {
    int64_t count; /* 0: no limit */
    int64_t window_us;
};

struct limit_rules {
    struct limit_rule all[LIMIT_CLASSES];
};

enum { LIMIT_COUNT_MAX = 1000000, LIMIT_WINDOW_MAX_S = 86400 };

/* A comma list of class=count/time, where time is s, min, h, or a number of them (10s). False
 * when it is wrong, with a sentence in *why (in mem). */
bool limit_rules_parse(arena *mem, str text, struct limit_rules *rules, str *why);

str limit_class_name(enum limit_class class);

#endif
