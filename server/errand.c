/* See errand.h. */
#include "errand.h"

bool errand_ask(struct sync *sync, arena *mem, const struct statement *query, str *value, str *why)
{
    struct sync_rows rows;

    if (!sync_query(sync, mem, query, &rows, why))
        return false;
    *value = rows.nrows > 0 ? rows.cells[0] : (str){NULL, 0};
    return true;
}

bool errand_begin(struct sync *sync, arena *mem, const struct config *config, str *why)
{
    const struct statement role = {.text = STR("select set_config('role', $1, true)"),
                                   .nparams = 1,
                                   .params = &config->db_api_role};
    str now;

    return sync_run(sync, mem, STR("begin"), why) && errand_ask(sync, mem, &role, &now, why);
}

struct sync *errand_open(arena *mem, const struct config *config,
                         const struct errand_options *options, str *why)
{
    const struct conninfo_options how = {
        .purpose = options->purpose, .connect_timeout_s = (int)((options->within_ms + 999) / 1000)};
    struct sync *sync = sync_open_within(mem, config->database_url, &how, why);

    if (sync != NULL && !errand_begin(sync, mem, config, why))
        sync_close(&sync);
    return sync;
}

bool errand_close(struct sync **sync, arena *mem, str *why)
{
    bool done = sync_run(*sync, mem, STR("commit"), why);

    sync_close(sync);
    return done;
}
