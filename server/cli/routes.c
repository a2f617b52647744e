/* postern routes: what the server answers below /api, and whether the database agrees. */
#include "cli/routes.h"

#include <stdio.h>
#include <string.h>

#include "api.h"
#include "cli/cli.h"
#include "pg/sync.h"
#include "route/ask.h"
#include "shelf.h"

enum { VARIANTS_MAX = 256, EXIT_USAGE = 2 };

/* The connections of one check: the second only when there is a read pool of its own. */
struct checker {
    const struct config *config;
    arena *mem;
    struct sync *pools[2]; /* by enum target */
    str *why;
};

static bool open_pools(struct checker *checker)
{
    const struct config *config = checker->config;
    str replica = config->replica_database_url;

    checker->pools[TARGET_PRIMARY] =
        sync_open(checker->mem, config->database_url, "routes", checker->why);
    if (checker->pools[TARGET_PRIMARY] == NULL)
        return false;
    if (replica.len == 0)
        return true;
    checker->pools[TARGET_REPLICA] = sync_open(checker->mem, replica, "routes", checker->why);
    return checker->pools[TARGET_REPLICA] != NULL;
}

/* PostgreSQL says "LINE 3:" of the statement; the reader wants the file's line, and one line. */
static str locate(arena *mem, const struct route_file *file, str message)
{
    const char *mark = memmem(message.at, message.len, "\nLINE ", 6);
    int64_t line = 0;

    if (mark == NULL)
        return arena_printf(mem, "%.*s: %.*s", STR_ARG(file->name), STR_ARG(message));
    str first = {message.at, (size_t)(mark - message.at)};
    str rest = str_skip(message, first.len + 6), number;
    str_cut(&rest, ':', &number);
    (void)str_int(number, &line);
    return arena_printf(mem, "%.*s:%lld: %.*s", STR_ARG(file->name),
                        (long long)(file->sql_line + line - 1), STR_ARG(first));
}

/* Everything it makes dies with scratch, but for the reason. */
static bool check_variants(struct checker *checker, arena *scratch, const struct route_file *file)
{
    struct statement *variants = arena_array(scratch, struct statement, VARIANTS_MAX);
    size_t count = route_variants(scratch, file, variants, VARIANTS_MAX);
    struct sync *pool = checker->pools[file->target];
    str role = checker->config->db_api_role, why;

    if (file->by.at != NULL && api_handler(file->by) == NULL) {
        *checker->why = arena_printf(checker->mem, "%.*s: by: %.*s is no handler of the program",
                                     STR_ARG(file->name), STR_ARG(file->by));
        return false;
    }
    if (pool == NULL)
        pool = checker->pools[TARGET_PRIMARY];
    for (size_t i = 0; i < count; i++) {
        if (sync_prepare_check(pool, scratch, variants[i].text, role, &why))
            continue;
        *checker->why = locate(checker->mem, file, why);
        return false;
    }
    if (count == 0 || variants[0].guard.at == NULL ||
        sync_prepare_check(pool, scratch, variants[0].guard, role, &why))
        return true;
    *checker->why = arena_copy(checker->mem, why);
    return false;
}

static bool check_file(struct checker *checker, const struct route_file *file)
{
    arena *scratch = arena_open();
    bool good = check_variants(checker, scratch, file);

    arena_close(&scratch);
    return good;
}

bool routes_check(const struct book *book, const struct config *config, arena *mem, str *why)
{
    struct checker checker = {.config = config, .mem = mem, .why = why};
    bool good = open_pools(&checker);

    for (size_t i = 0; good && i < book_count(book); i++)
        good = check_file(&checker, book_at(book, i));
    sync_close(&checker.pools[TARGET_PRIMARY]);
    sync_close(&checker.pools[TARGET_REPLICA]);
    return good;
}

static void print_route(const struct route_file *file)
{
    static const char *const methods[] = {
        [METHOD_GET] = "GET",     [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
        [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
    };
    static const char *const access[] = {"anyone", "user", "admin", "node"};
    char cache[32] = "-";

    if (file->cache_ms > 0)
        (void)snprintf(cache, sizeof(cache), "%.15gs", (double)file->cache_ms / 1000);
    for (int i = 0; i < file->npaths; i++)
        printf("%-6s  %-36.*s  %-6s  %-5s  %-5s  %.*s\n", methods[file->method],
               STR_ARG(file->paths[i].text), access[file->access],
               file->target == TARGET_REPLICA ? "read" : "write", cache,
               STR_ARG(i == 0 ? file->about : STR("the same")));
}

static int print_routes(const struct book *book)
{
    printf("%-6s  %-36s  %-6s  %-5s  %-5s  %s\n", "METHOD", "PATH", "ACCESS", "POOL", "CACHE",
           "ABOUT");
    for (size_t i = 0; i < book_count(book); i++)
        print_route(book_at(book, i));
    return 0;
}

static int print_check(const struct book *book, const struct config *config)
{
    str why;

    if (!routes_check(book, config, config->mem, &why)) {
        fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
        return 1;
    }
    printf("%zu routes are prepared by PostgreSQL without a complaint\n", book_count(book));
    return 0;
}

int routes_command(const struct config *config, int argc, char **argv)
{
    struct shelf shelf = {.config = config};
    bool check = argc == 2 && strcmp(argv[1], "--check") == 0;
    str why;

    if (argc > 1 && !check) {
        fprintf(stderr, "postern: usage: postern %s\n", ROUTES_USAGE);
        return EXIT_USAGE;
    }
    const struct book *book = shelf_read(&shelf, config->mem, &why);
    if (book == NULL) {
        fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
        return 1;
    }
    int status = check ? print_check(book, config) : print_routes(book);
    book_unref(&book);
    return status;
}
