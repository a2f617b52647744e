/* The variables that settings are read from, in layers: a later one wins. They hold the same names:
 * a configuration file's db-schemas and the database's pgrst.db_schemas are both
 * PGRST_DB_SCHEMAS. Source: PostgREST "Configuration". */
#ifndef BASE_ENVIRONMENT_H
#define BASE_ENVIRONMENT_H

#include "base/arena.h"

struct variable {
    str name, value;
};

enum layer {
    LAYER_FILE,     /* the configuration file */
    LAYER_PROCESS,  /* the process's environment */
    LAYER_DATABASE, /* settings of the role we connect as, and the pre-config function's */
    LAYERS
};

struct environment {
    struct variable *variables[LAYERS];
    int counts[LAYERS];
    const char *file; /* that the first layer can be read from again; NULL: none */
};

/* Takes environ as a layer; what it points to must live as long. */
void environment_take(struct environment *environment, arena *mem, enum layer layer,
                      const char *const *list);

enum { SETTINGS_FILE_MAX = 64 << 10 };

/* Reads the text of a configuration file as LAYER_FILE; $(NAME) is looked up in LAYER_PROCESS.
 * Absent, or what is wrong with it ("line 3: ..."). */
str environment_read(struct environment *environment, arena *mem, str text);

/* The same of a file, which is remembered when it can be read again. Absent, or a sentence. */
str environment_read_file(struct environment *environment, arena *mem, const char *path);

/* The value of one layer; absent: it has none of this name. */
str environment_find_in(const struct environment *environment, enum layer layer, str name);

/* The value of the last layer that has the name; absent: none has. */
str environment_find(const struct environment *environment, str name);

#endif
