/* See first_book.h. */
#include "first_book.h"

#include "base/log.h"
#include "base/statement.h"
#include "cli/routes.h"
#include "pg/sync.h"

enum { EXIT_DATABASE = 1, EXIT_SETTING = 2 };

static bool has_our_tables(arena *mem, const struct config *config)
{
    const struct statement query = {
        .text = STR("select exists (select from pg_namespace where nspname = 'postern')")};
    const struct conninfo_options how = {
        .purpose = "start", .connect_timeout_s = (config->db_connect_timeout_ms + 999) / 1000};
    struct sync_rows rows;
    str why;
    struct sync *sync = sync_open_within(mem, config->database_url, &how, &why);

    if (sync == NULL)
        die(EXIT_DATABASE, "Cannot connect to the database: %.*s", STR_ARG(why));
    if (!sync_query(sync, mem, &query, &rows, &why))
        die(EXIT_DATABASE, "Cannot ask the database: %.*s", STR_ARG(why));
    sync_close(&sync);
    return str_eq(rows.cells[0], STR("t"));
}

const struct book *first_book(arena *mem, struct shelf *shelf)
{
    const struct config *config = shelf->config;
    str why = {NULL, 0};
    bool on = has_our_tables(mem, config) || config->routes_dir.len > 0;
    const struct book *book = on ? shelf_read(shelf, mem, &why) : book_make(mem, NULL, 0, &why);

    if (book == NULL || (on && !routes_check(book, config, mem, &why)))
        die(EXIT_SETTING, "%.*s", STR_ARG(why));
    if (!on)
        log_line(LOG_WARN, "curated routes are off",
                 "reason=\"the database has no schema postern\" hint=\"postern migrate up\"");
    return book;
}
