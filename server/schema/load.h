/* From the JSON of sql/introspect/schema.sql to the structs of schema.h, by tables of members. */
#ifndef SCHEMA_LOAD_H
#define SCHEMA_LOAD_H

#include "base/buf.h"
#include "schema/schema.h"

/* A function of one argument, the row of a relation, that returns rows of another. */
struct computed {
    str schema, name;
    int64_t from, to; /* oids of relations */
    bool one;         /* at most one row */
};

/* The rewrite rule of a view, exposed or not; see rule.h. */
struct rule {
    int64_t view; /* its oid */
    str quoted;   /* a string of the JSON, which may be large */
};

/* The primary key of a table that views use, exposed or not. */
struct primary {
    int64_t table;
    int64_t *numbers;
    int nnumbers;
};

struct loaded {
    str *schemas;
    int nschemas;
    struct relation *relations;
    int nrelations;
    struct link *links;
    int nlinks;
    struct rule *rules;
    int nrules;
    struct primary *primaries;
    int nprimaries;
    struct computed *computed;
    int ncomputed;
    struct routine *routines;
    int nroutines;
    struct handler *handlers;
    int nhandlers;
    struct enumeration *enums;
    int nenums;
    struct composite *composites;
    int ncomposites;
    struct representation *representations;
    int nrepresentations;
    struct role *roles;
    int nroles;
    str *types;
    int ntypes;
    bool reads_request;
    bool sets_response;
};

/* Fills what lies between relations: names in links, keys of views, relationships. In
 * relationship.c. */
void relationships_make(arena *mem, struct loaded *loaded);

/* False on text of another shape. What lives as long as mem is in mem,
 * but rules point into json. */
bool load_parse(arena *mem, str json, struct loaded *loaded);

/* Appends what load_parse reads, every member of it. */
void load_put(struct buf *buf, const struct loaded *loaded);

#endif
