/* From the JSON of sql/introspect/schema.sql to the structs of schema.h, by tables of members. */
#ifndef SCHEMA_LOAD_H
#define SCHEMA_LOAD_H

#include "schema/schema.h"

struct loaded {
    str *schemas;
    int nschemas;
    struct relation *relations;
    int nrelations;
    struct link *links;
    int nlinks;
    struct routine *routines;
    int nroutines;
    struct handler *handlers;
    int nhandlers;
    struct enumeration *enums;
    int nenums;
    bool reads_request;
    bool sets_response;
};

/* False on text of another shape. Names point into json or mem. */
bool load_parse(arena *mem, str json, struct loaded *loaded);

#endif
