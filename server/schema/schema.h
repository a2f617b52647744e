/* What the database exposes, as an immutable counted snapshot: made from the JSON text that
 * sql/introspect/schema.sql returns. Identifiers in SQL come from here and nowhere else.
 *
 * That query takes one parameter, the exposed schemas as a comma list (config.db_schemas as it
 * is), and answers one row with one column. Run it with an empty search_path: the names of types
 * and the text of defaults are then qualified and mean the same for every request. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/statement.h"
#include "schema/json_form.h"
#include "schema/names.h"
#include "schema/relationship.h"

/* How requests read and write the values of a domain, where it has implicit casts for that: each
 * the name of a function of one argument, quoted and qualified, or absent. */
struct representation {
    str type;      /* the domain, as a column's type is written */
    str to_json;   /* its value as the answer shows it */
    str from_json; /* a value of a body */
    str from_text; /* the operand of a filter */
};

struct column {
    str name;
    int64_t number;    /* within its relation */
    str type;          /* as PostgreSQL writes it: "numeric(10,2)", "text[]" */
    str base;          /* of a domain: the type at its bottom; absent otherwise */
    str default_value; /* an expression; absent when there is none */
    str identity;      /* "a" always, "d" by default; absent otherwise */
    str comment;
    bool required;  /* NOT NULL */
    bool generated; /* GENERATED ALWAYS AS (...) STORED: cannot be written */
    const struct representation *representation; /* of its type; NULL: none */
    str json_key;                                /* "name": as it stands in a JSON object */
    enum json_form json_form;
};

/* A primary or unique key. The primary one is first in its relation. */
struct key {
    str name;
    bool primary;
    str *columns;
    int ncolumns;
};

struct relation {
    str schema, name;
    str kind; /* "table" or "view" (materialized ones too) */
    bool insertable, updatable, deletable;
    str comment;
    int64_t oid;
    struct column *columns; /* by number */
    int ncolumns;
    struct column *fields; /* computed columns, by functions of a row: never written, not in `*` */
    int nfields;
    struct key *keys;
    int nkeys;
    struct names by_name;                     /* of columns */
    const struct relationship *relationships; /* within its schema; see relationship.h */
    int nrelationships;
    bool linked; /* in a foreign key, also one that leads out of what is exposed */
};

/* A foreign key. What is not exposed is absent: a relation's name, and then its columns. */
struct link {
    str name;
    str schema, relation;
    const str *columns;
    str foreign_schema, foreign_relation;
    const str *foreign_columns;
    int ncolumns;
    bool unique; /* the columns are those of a primary or unique key */
    /* by these the database tells tables and columns apart */
    int64_t table, foreign_table;
    int64_t *numbers, *foreign_numbers;
    int nnumbers, nforeign_numbers;
};

struct parameter {
    str name; /* empty when the function does not name it */
    str type;
    str read_as;   /* the type that takes values of any length; absent: the same */
    bool required; /* has no default */
    bool variadic; /* type is then an array */
};

enum result { RESULT_VOID, RESULT_SCALAR, RESULT_COMPOSITE };

struct routine {
    str schema, name;
    str oid; /* tells overloads apart where the database is asked about them */
    str comment;
    bool is_volatile, set, variadic;
    enum result result;
    str result_name;        /* "void" "scalar" "composite": what `result` was read from */
    str relation;           /* the relation or composite type a row has; absent for RETURNS TABLE */
    str type;               /* of the result */
    struct column *columns; /* of a composite result; none when unknown (record) */
    int ncolumns;
    struct parameter *parameters;
    int nparameters;
    struct guc *settings; /* ALTER FUNCTION ... SET; the transaction takes some of them */
    int nsettings;
    struct routine *overload; /* the next one of the same name, or NULL */
};

/* What of the database makes a body of one media type: an aggregate over rows, or a domain that the
 * value of a function already is. */
struct handler {
    str schema, name;
    str target_schema,
        target; /* the relation or function it is for; absent: rows of any relation */
    str type;   /* "image/png" in lower case; any type by "*" "/" "*" */
};

/* An enum of the database, exposed or not. */
struct enumeration {
    str schema, name;
    str type; /* as a column's type is written: "api.\"Mood\"" */
    str *values;
    int nvalues;
};

/* A role with settings of its own (ALTER ROLE ... SET), as far as who becomes it may set them. */
struct role {
    str name;
    str isolation_name; /* "serializable"; absent: the default */
    enum isolation isolation;
    struct guc *settings;
    int nsettings;
};

/* A composite type that is not a relation's. */
struct composite {
    str schema, name;
    struct column *columns; /* name, type and base */
    int ncolumns;
};

struct schema;

/* Parses one answer of sql/introspect/schema.sql. NULL on malformed text, the sentence in *why
 * (in mem). The caller holds one reference; the text need not outlive the call. */
const struct schema *schema_load(arena *mem, str json, str *why);
const struct schema *schema_ref(const struct schema *schema);
void schema_unref(const struct schema **schema);

/* Appends the snapshot as JSON, as schema_load takes it: for a person who wonders what is known. */
void schema_put(struct buf *buf, const struct schema *schema);

/* True when a function, policy, view or default of the database reads request.method,
 * request.path, request.headers or request.cookies: only then are they set for reads too. */
bool schema_reads_request(const struct schema *schema);

/* The same for response.headers and response.status: only then is their value asked for. */
bool schema_sets_response(const struct schema *schema);

/* "repeatable read", in whatever case. */
enum isolation isolation_of(str name);

/* All NULL when there is no such thing. */
const struct role *schema_role(const struct schema *schema, str name);
const struct relation *schema_relation(const struct schema *schema, str in, str name);
const struct routine *schema_routines(const struct schema *schema, str in, str name);
const struct column *relation_column(const struct relation *relation, str name);
const struct column *relation_field(const struct relation *relation, str name); /* or a column */
const struct column *routine_column(const struct routine *routine, str name);
const struct key *relation_primary_key(const struct relation *relation);
bool relation_is_view(const struct relation *relation);

/* The handler for one target, or with an absent one for rows of any relation. */
const struct handler *schema_handler(const struct schema *schema, str in, str target, str type);

/* The foreign keys. Who embeds wants relation->relationships. */
const struct link *schema_links(const struct schema *schema, int *count);

/* Is there a type of that name, without its schema, anywhere in the database? "_int4" is the array
 * of "int4". */
bool schema_has_type(const struct schema *schema, str name);

/* The enum that a type's name means; NULL when it is none. The type of an array is none. */
const struct enumeration *schema_enum(const struct schema *schema, str type);

/* All of them, and how many: for who describes the whole. */
const struct relation *schema_all_relations(const struct schema *schema, int *count);
const struct routine *schema_all_routines(const struct schema *schema, int *count);
const struct enumeration *schema_all_enums(const struct schema *schema, int *count);
const struct composite *schema_all_composites(const struct schema *schema, int *count);

/* "Perhaps you meant": the most similar name in a schema, at == NULL when none is similar, or when
 * there are too many to compare. An origin is a relation that has relationships. */
str schema_similar_relation(const struct schema *schema, arena *mem, str in, str name);
str schema_similar_origin(const struct schema *schema, arena *mem, str in, str name);
str schema_similar_routine(const struct schema *schema, arena *mem, str in, str name);

#endif
