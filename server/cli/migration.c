/* See migration.h. */
#include "cli/migration.h"

#include "base/embed.h"

#define FOLDER "sql/migrations/"

/* "sql/migrations/001_roles.sql" -> 1, "roles" */
static bool parse_path(str path, struct migration *migration)
{
    str file = str_skip(path, sizeof(FOLDER) - 1);
    long bar = str_find(file, '_');
    if (bar <= 0 || !str_ends(file, STR(".sql")))
        return false;
    migration->name = str_skip(file, (size_t)bar + 1);
    migration->name.len -= sizeof(".sql") - 1;
    return str_int((str){file.at, (size_t)bar}, &migration->version);
}

/* The text between the line `-- up` and the line `-- down`, and the text behind that. */
static bool parse_parts(str text, struct migration *migration)
{
    const char *up = memmem(text.at, text.len, "\n-- up\n", 7);
    const char *down = memmem(text.at, text.len, "\n-- down\n", 9);
    if (up == NULL || down == NULL || down < up)
        return false;
    migration->up = (str){up, (size_t)(down - up)};
    migration->down = (str){down, (size_t)(text.at + text.len - down)};
    return true;
}

/* SHA-256, hexadecimal; PostgreSQL has it, so no library for it is needed here. */
static bool take_checksum(struct migrations *migrations, struct migration *migration, str text,
                          str *why)
{
    struct sync_rows rows;
    struct statement statement = {
        .text = STR("select encode(sha256(convert_to($1, 'UTF8')), 'hex')"),
        .params = &text,
        .nparams = 1,
    };
    if (!sync_query(migrations->sync, migrations->mem, &statement, &rows, why))
        return false;
    migration->checksum = rows.cells[0];
    return true;
}

static bool is_migration(const struct embedded *file)
{
    return str_starts(str_from(file->path), STR(FOLDER));
}

/* The embedded files are sorted by path, so by version. */
static bool read_files(struct migrations *migrations, str *why)
{
    int count = 0;
    for (const struct embedded *file = embedded_files; file->path != NULL; file++)
        count += is_migration(file);
    migrations->list = arena_array(migrations->mem, struct migration, (size_t)count + 1);
    for (const struct embedded *file = embedded_files; file->path != NULL; file++) {
        if (!is_migration(file))
            continue;
        struct migration *migration = &migrations->list[migrations->count++];
        str text = {file->start, (size_t)(file->end - file->start)};
        if (!parse_path(str_from(file->path), migration) || !parse_parts(text, migration)) {
            *why = arena_printf(migrations->mem,
                                "%s: wants the name NNN_name.sql and the lines -- up and -- down",
                                file->path);
            return false;
        }
        if (!take_checksum(migrations, migration, text, why))
            return false;
    }
    return true;
}

static struct migration *find(const struct migrations *migrations, int64_t version)
{
    for (int i = 0; i < migrations->count; i++)
        if (migrations->list[i].version == version)
            return &migrations->list[i];
    return NULL;
}

static bool read_applied(struct migrations *migrations, str *why)
{
    struct sync_rows rows;
    struct statement statement = {
        .text = STR("select version, checksum, applied_at from postern.schema_migrations")};
    if (!sync_query(migrations->sync, migrations->mem, &statement, &rows, why))
        return false;
    for (int row = 0; row < rows.nrows; row++) {
        const str *cells = rows.cells + (ptrdiff_t)row * rows.ncolumns;
        int64_t version = 0;
        struct migration *migration =
            str_int(cells[0], &version) ? find(migrations, version) : NULL;
        if (migration == NULL) {
            migrations->unknown++;
            continue;
        }
        migration->applied = true;
        migration->applied_from = cells[1];
        migration->applied_at = cells[2];
    }
    return true;
}

bool migrations_open(struct migrations *migrations, struct sync *sync, arena *mem, str *why)
{
    *migrations = (struct migrations){.sync = sync, .mem = mem};
    /* lock_timeout comes behind the lock: another process may migrate for minutes, but a
     * migration that waits for a table makes everybody behind it wait. */
    return read_files(migrations, why) &&
           sync_run(sync, mem,
                    STR("select pg_advisory_lock(hashtext('postern.schema_migrations'));"
                        "set lock_timeout = '5s';"
                        "create schema if not exists postern;"
                        "create table if not exists postern.schema_migrations ("
                        "    version    bigint primary key,"
                        "    name       text not null,"
                        "    checksum   text not null,"
                        "    applied_at timestamptz not null default now(),"
                        "    ms         bigint not null"
                        ");"
                        "comment on table postern.schema_migrations is"
                        "    'Applied migrations, with the checksum of the file they came from.'"),
                    why) &&
           read_applied(migrations, why);
}

/* Runs the SQL and the note about it in one transaction. */
static bool in_transaction(struct migrations *migrations, str sql, const struct statement *note,
                           str *why)
{
    struct sync_rows none;
    str ignored;
    if (!sync_run(migrations->sync, migrations->mem, STR("begin"), why))
        return false;
    bool fine = sync_run(migrations->sync, migrations->mem, sql, why) &&
                sync_query(migrations->sync, migrations->mem, note, &none, why) &&
                sync_run(migrations->sync, migrations->mem, STR("commit"), why);
    if (!fine)
        sync_run(migrations->sync, migrations->mem, STR("rollback"), &ignored);
    return fine;
}

static bool named(const struct migrations *migrations, const struct migration *migration, str *why)
{
    *why = arena_printf(migrations->mem, FOLDER "%03lld_%.*s.sql: %.*s",
                        (long long)migration->version, STR_ARG(migration->name), STR_ARG(*why));
    return false;
}

bool migration_apply(struct migrations *migrations, struct migration *migration, str *why)
{
    /* The duration is PostgreSQL's own: now() is when the transaction began. */
    const str params[] = {arena_printf(migrations->mem, "%lld", (long long)migration->version),
                          migration->name, migration->checksum};
    struct statement note = {
        .text = STR("insert into postern.schema_migrations (version, name, checksum, ms)"
                    " values ($1, $2, $3,"
                    " extract(milliseconds from clock_timestamp() - now()))"),
        .params = params,
        .nparams = 3,
    };
    if (!in_transaction(migrations, migration->up, &note, why))
        return named(migrations, migration, why);
    migration->applied = true;
    return true;
}

bool migration_revert(struct migrations *migrations, struct migration *migration, str *why)
{
    const str params[] = {arena_printf(migrations->mem, "%lld", (long long)migration->version)};
    struct statement note = {
        .text = STR("delete from postern.schema_migrations where version = $1"),
        .params = params,
        .nparams = 1,
    };
    if (!in_transaction(migrations, migration->down, &note, why))
        return named(migrations, migration, why);
    migration->applied = false;
    return true;
}

bool migrate_up(struct sync *sync, arena *mem, str *why)
{
    struct migrations migrations;
    if (!migrations_open(&migrations, sync, mem, why))
        return false;
    for (int i = 0; i < migrations.count; i++)
        if (!migrations.list[i].applied && !migration_apply(&migrations, &migrations.list[i], why))
            return false;
    return true;
}
