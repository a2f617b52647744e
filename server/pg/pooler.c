/* May statements be prepared? Not behind a transaction-mode pooler, unless the setting insists. */
#include "base/log.h"
#include "pg/pool_inside.h"

void pool_take(struct pool *pool)
{
    str wanted = pool->db->options.config->db_prepared;

    pool->prepared_on = str_eq(wanted, STR("on")) || (!str_eq(wanted, STR("off")) && !pool->pooled);
}

void pool_on_pooler(struct pool *pool, const char *reason)
{
    if (pool->pooled)
        return;
    pool->pooled = true;
    pool_take(pool);
    log_line(LOG_WARN, "behind a pooler", "pool=%s prepared=%s reason=\"%s\"", pool->name,
             pool->prepared_on ? "on" : "off", reason);
}
