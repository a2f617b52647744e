/* Migrations: the files below sql/migrations/ inside the program, NNN_name.sql with an `-- up`
 * and a `-- down` part, and what a database has of them (postern.schema_migrations). Each file
 * is one transaction; an advisory lock lets one process at a time do it. */
#ifndef CLI_MIGRATION_H
#define CLI_MIGRATION_H

#include "pg/sync.h"

struct migration {
    int64_t version;
    str name;         /* "roles", of 001_roles.sql */
    str up, down;     /* SQL */
    str checksum;     /* SHA-256 of the file, hexadecimal */
    bool applied;     /* the database has it */
    str applied_at;   /* as PostgreSQL prints it; absent when not applied */
    str applied_from; /* the checksum it was applied from */
};

struct migrations {
    struct sync *sync;
    arena *mem;
    struct migration *list; /* by version */
    int count;
    int unknown; /* applied ones that this program does not have */
};

/* Takes the lock (waits for another process), makes the table when it is missing and compares.
 * False with a sentence in *why. The lock ends with the connection. */
bool migrations_open(struct migrations *migrations, struct sync *sync, arena *mem, str *why);

/* Applies one, or takes one back, in one transaction. */
bool migration_apply(struct migrations *migrations, struct migration *migration, str *why);
bool migration_revert(struct migrations *migrations, struct migration *migration, str *why);

/* Everything that is missing. */
bool migrate_up(struct sync *sync, arena *mem, str *why);

#endif
