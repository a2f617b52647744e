/* See tenants.h. */
#include "limit/tenants.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"

struct tenant {
    struct table_node node;
    int64_t requests;
    size_t len;
    char name[];
};

struct tenants {
    pthread_mutex_t lock;
    size_t max;
    struct table named;
    int64_t others;
};

struct tenants *tenants_new(int64_t max)
{
    if (max == 0)
        return NULL;
    struct tenants *tenants = calloc(1, sizeof(struct tenants));
    if (tenants == NULL)
        abort();
    tenants->max = (size_t)max;
    pthread_mutex_init(&tenants->lock, NULL);
    return tenants;
}

void tenants_free(struct tenants **tenants)
{
    struct tenants *last = *tenants;

    *tenants = NULL;
    if (last == NULL)
        return;
    TABLE_EACH(node, &last->named)
    {
        table_remove(&last->named, node);
        free(node);
    }
    table_free(&last->named);
    pthread_mutex_destroy(&last->lock);
    free(last);
}

/* NULL: one of the others. */
static struct tenant *find(struct tenants *tenants, str name)
{
    uint64_t hash = str_hash(name, STR_HASH_SEED);
    struct table_node *node = NULL;

    while (table_next(&tenants->named, hash, &node)) {
        struct tenant *tenant = (struct tenant *)(void *)node;
        if (str_eq((str){tenant->name, tenant->len}, name))
            return tenant;
    }
    if (tenants->named.count == tenants->max || name.len > TENANT_LABEL_MAX)
        return NULL;
    struct tenant *tenant = calloc(1, sizeof(struct tenant) + name.len);
    if (tenant == NULL)
        abort();
    tenant->len = name.len;
    memcpy(tenant->name, name.at, name.len);
    table_put(&tenants->named, &tenant->node, hash);
    return tenant;
}

void tenants_count(struct tenants *tenants, str tenant)
{
    if (tenants == NULL || tenant.len == 0)
        return;
    pthread_mutex_lock(&tenants->lock);
    struct tenant *known = find(tenants, tenant);
    int64_t *requests = known == NULL ? &tenants->others : &known->requests;
    ++*requests;
    pthread_mutex_unlock(&tenants->lock);
}

/* Source: text exposition format 0.0.4, label values. */
static void put_line(struct buf *text, str name, int64_t requests)
{
    buf_put(text, STR("postern_tenant_requests_total{tenant=\""));
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '"' || name.at[i] == '\\')
            buf_putc(text, '\\');
        buf_put(text, name.at[i] == '\n' ? STR("\\n") : (str){&name.at[i], 1});
    }
    buf_printf(text, "\"} %lld\n", (long long)requests);
}

void tenants_put(struct tenants *tenants, struct buf *text)
{
    if (tenants == NULL)
        return;
    buf_put(text, STR("# HELP postern_tenant_requests_total Requests by tenant\n"
                      "# TYPE postern_tenant_requests_total counter\n"));
    pthread_mutex_lock(&tenants->lock);
    TABLE_EACH(node, &tenants->named)
    {
        const struct tenant *tenant = (const struct tenant *)(const void *)node;
        put_line(text, (str){tenant->name, tenant->len}, tenant->requests);
    }
    if (tenants->others > 0)
        put_line(text, STR("other"), tenants->others);
    pthread_mutex_unlock(&tenants->lock);
}
