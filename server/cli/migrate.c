/* `postern migrate`: brings a database to this program's schema, takes migrations back, and says
 * whether applied files were edited since. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/migration.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

static int failed(str why)
{
    fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
    return EXIT_FAILED;
}

static void say(const struct migration *migration, const char *what)
{
    printf("%03lld %-16.*s %s\n", (long long)migration->version, STR_ARG(migration->name), what);
}

/* number: the last version to apply; 0 means all. */
static int up(struct migrations *migrations, int64_t number)
{
    str why = {NULL, 0};
    for (int i = 0; i < migrations->count; i++) {
        struct migration *migration = &migrations->list[i];
        if (migration->applied || (number > 0 && migration->version > number))
            continue;
        if (!migration_apply(migrations, migration, &why))
            return failed(why);
        say(migration, "applied");
    }
    return EXIT_FINE;
}

/* number: how many to take back, newest first; 0 means one. */
static int down(struct migrations *migrations, int64_t number)
{
    str why = {NULL, 0};
    int64_t left = number > 0 ? number : 1;
    for (int i = migrations->count - 1; i >= 0 && left > 0; i--) {
        struct migration *migration = &migrations->list[i];
        if (!migration->applied)
            continue;
        if (!migration_revert(migrations, migration, &why))
            return failed(why);
        say(migration, "taken back");
        left--;
    }
    return EXIT_FINE;
}

static bool was_edited(const struct migration *migration)
{
    return migration->applied && !str_eq(migration->checksum, migration->applied_from);
}

static int status(struct migrations *migrations, int64_t number)
{
    (void)number;
    for (int i = 0; i < migrations->count; i++) {
        const struct migration *migration = &migrations->list[i];
        str when = migration->applied ? migration->applied_at : STR("not applied");
        say(migration, arena_cstr(migrations->mem, when));
    }
    if (migrations->unknown > 0)
        printf("%d applied by a newer program\n", migrations->unknown);
    return EXIT_FINE;
}

static int verify(struct migrations *migrations, int64_t number)
{
    (void)number;
    int wrong = migrations->unknown;
    for (int i = 0; i < migrations->count; i++) {
        const struct migration *migration = &migrations->list[i];
        if (migration->applied && !was_edited(migration))
            continue;
        say(migration, migration->applied ? "edited after it was applied" : "not applied");
        wrong++;
    }
    if (migrations->unknown > 0)
        printf("%d applied by a newer program\n", migrations->unknown);
    printf(wrong > 0 ? "the database differs from this program\n" : "fine\n");
    return wrong > 0 ? EXIT_FAILED : EXIT_FINE;
}

static const struct verb {
    const char *name;
    int (*run)(struct migrations *migrations, int64_t number);
} verbs[] = {
    {"up",     up    },
    {"down",   down  },
    {"status", status},
    {"verify", verify},
};

static const struct verb *find_verb(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, argv[1]) == 0)
            return &verbs[i];
    return NULL;
}

static int run(const struct config *config, const struct verb *verb, int64_t number)
{
    struct migrations migrations;
    str why = {NULL, 0};
    bool direct = config->migration_database_url.len > 0;
    str url = direct ? config->migration_database_url : config->database_url;
    struct sync *sync = sync_open(config->mem, url, "migrate", &why);
    if (sync == NULL)
        return failed(why);
    int status_code = migrations_open(&migrations, sync, config->mem, &why)
                          ? verb->run(&migrations, number)
                          : failed(why);
    sync_close(&sync);
    return status_code;
}

int migrate_command(const struct config *config, int argc, char **argv)
{
    const struct verb *verb = find_verb(argc, argv);
    int64_t number = 0;
    if (verb == NULL || argc > 3 ||
        (argc == 3 && (!str_int(str_from(argv[2]), &number) || number < 1))) {
        fprintf(stderr, "usage: postern " MIGRATE_USAGE "\n");
        return EXIT_USAGE;
    }
    if (config->database_url.len == 0 && config->migration_database_url.len == 0) {
        fprintf(stderr, "postern: set DATABASE_URL (or MIGRATION_DATABASE_URL)\n");
        return EXIT_USAGE;
    }
    return run(config, verb, number);
}
