/* How the fleet is told: as one object for who asks for it, and as a part of the dashboard's
 * snapshot. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "fleet/fleet_inside.h"

/* Those that are alive, in the order of their names. */
static size_t alive(struct fleet *fleet, const struct node **found, int64_t now_us)
{
    const struct node *const *all = fleet_in_order(fleet);
    size_t count = 0;

    for (size_t i = 0; i < fleet->nodes.count; i++)
        if (now_us - all[i]->beat_us < FLEET_ALIVE_MS * INT64_C(1000))
            found[count++] = all[i];
    return count;
}

static int64_t seconds_since(int64_t us, int64_t now_us)
{
    return us <= 0 || now_us < us ? 0 : (now_us - us) / 1000000;
}

static void put_alive(const struct node *node, enum node_checkpoint checkpoint, struct buf *buf,
                      int64_t now_us)
{
    buf_putc(buf, '{');
    node_put_facts(node, checkpoint, buf);
    buf_put(buf, STR(",\"uptime_secs\":"));
    buf_put_int(buf, seconds_since(node->registered_us, now_us));
    buf_put(buf, STR(",\"last_heartbeat_secs_ago\":"));
    buf_put_int(buf, seconds_since(node->beat_us, now_us));
    buf_putc(buf, '}');
}

static int64_t sum(const struct node *const *nodes, size_t count, enum fact fact)
{
    int64_t total = 0;

    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(total, node_number(nodes[i], fact), &total))
            return INT64_MAX;
    return total;
}

struct crowd {
    const struct node **nodes;
    size_t count;
    int64_t now_us;
};

static struct crowd crowd_of(struct fleet *fleet, arena *mem)
{
    struct crowd crowd = {arena_array(mem, const struct node *, fleet->nodes.count + 1), 0,
                          clock_wall_us()};

    crowd.count = alive(fleet, crowd.nodes, crowd.now_us);
    return crowd;
}

/* So that the text is not moved again and again while it grows. */
static void make_room(const struct crowd *crowd, struct buf *buf)
{
    enum { REST_OF_ONE = 80, SUMS = 200 };
    size_t bytes = SUMS;

    for (size_t i = 0; i < crowd->count; i++)
        bytes += crowd->nodes[i]->text.len + REST_OF_ONE;
    buf_room(buf, bytes);
}

static void put_workers(const struct crowd *crowd, enum node_checkpoint checkpoint, struct buf *buf)
{
    make_room(crowd, buf);
    buf_put(buf, STR("{\"workers\":["));
    for (size_t i = 0; i < crowd->count; i++) {
        buf_put(buf, i == 0 ? STR("") : STR(","));
        put_alive(crowd->nodes[i], checkpoint, buf, crowd->now_us);
    }
    buf_putc(buf, ']');
}

static void put_sums(const struct crowd *crowd, struct buf *buf)
{
    const struct node *const *nodes = crowd->nodes;

    buf_printf(buf, ",\"total_workers\":%zu", crowd->count);
    buf_printf(buf, ",\"total_cores\":%lld", (long long)sum(nodes, crowd->count, FACT_CORES));
    buf_printf(buf, ",\"total_tested\":%lld", (long long)sum(nodes, crowd->count, FACT_TESTED));
    buf_printf(buf, ",\"total_found\":%lld}", (long long)sum(nodes, crowd->count, FACT_FOUND));
}

void fleet_put(struct fleet *fleet, struct buf *buf)
{
    pthread_mutex_lock(&fleet->lock);
    const struct crowd crowd = crowd_of(fleet, buf->mem);
    put_workers(&crowd, CHECKPOINT_TEXT, buf);
    put_sums(&crowd, buf);
    pthread_mutex_unlock(&fleet->lock);
}

/* ---- in the snapshot ---- */

static int by_host(const void *a, const void *b)
{
    const struct node *one = *(struct node *const *)a, *other = *(struct node *const *)b;
    int order = str_order(one->facts[FACT_HOSTNAME], other->facts[FACT_HOSTNAME]);

    return order != 0 ? order : str_order(one->id, other->id);
}

static void put_ids(const struct crowd *crowd, struct buf *buf)
{
    buf_put(buf, STR(",\"worker_ids\":["));
    for (size_t i = 0; i < crowd->count; i++) {
        buf_put(buf, i == 0 ? STR("") : STR(","));
        json_put_string(buf, crowd->nodes[i]->id);
    }
    buf_putc(buf, ']');
}

/* The machine's figures are those of the worker heard of last. */
static void put_server(const struct crowd *crowd, struct buf *buf)
{
    const struct node *last = crowd->nodes[0];
    int64_t first_us = last->registered_us;

    for (size_t i = 1; i < crowd->count; i++) {
        const struct node *node = crowd->nodes[i];
        last = node->beat_us > last->beat_us ? node : last;
        first_us = node->registered_us < first_us ? node->registered_us : first_us;
    }
    str host = last->facts[FACT_HOSTNAME], metrics = last->facts[FACT_METRICS];
    buf_put(buf, STR("{\"hostname\":"));
    buf_put(buf, host.at == NULL ? STR("\"\"") : host);
    buf_put(buf, STR(",\"role\":\"compute\",\"metrics\":"));
    buf_put(buf, metrics.at == NULL ? STR("null") : metrics);
    buf_printf(buf, ",\"worker_count\":%zu,\"cores\":%lld", crowd->count,
               (long long)sum(crowd->nodes, crowd->count, FACT_CORES));
    put_ids(crowd, buf);
    buf_printf(buf, ",\"total_tested\":%lld,\"total_found\":%lld,\"uptime_secs\":%lld}",
               (long long)sum(crowd->nodes, crowd->count, FACT_TESTED),
               (long long)sum(crowd->nodes, crowd->count, FACT_FOUND),
               (long long)seconds_since(first_us, crowd->now_us));
}

static void put_servers(const struct crowd *crowd, struct buf *buf)
{
    struct crowd host = {arena_array(buf->mem, const struct node *, crowd->count + 1), 0,
                         crowd->now_us};
    size_t at = 0;

    memcpy(host.nodes, crowd->nodes, crowd->count * sizeof(const struct node *));
    qsort(host.nodes, crowd->count, sizeof(const struct node *), by_host);
    buf_put(buf, STR(",\"servers\":["));
    for (; at < crowd->count; at += host.count, host.nodes += host.count) {
        str name = host.nodes[0]->facts[FACT_HOSTNAME];
        for (host.count = 1; at + host.count < crowd->count; host.count++)
            if (!str_eq(host.nodes[host.count]->facts[FACT_HOSTNAME], name))
                break;
        buf_put(buf, at == 0 ? STR("") : STR(","));
        put_server(&host, buf);
    }
    buf_putc(buf, ']');
}

static void put_overview(struct fleet *fleet, struct buf *buf)
{
    pthread_mutex_lock(&fleet->lock);
    const struct crowd crowd = crowd_of(fleet, buf->mem);
    put_workers(&crowd, CHECKPOINT_VALUE, buf);
    put_servers(&crowd, buf);
    put_sums(&crowd, buf);
    pthread_mutex_unlock(&fleet->lock);
}

void fleet_put_snapshot(struct fleet *fleet, str snapshot, struct buf *buf)
{
    struct json_walk walk;
    str key, value;
    bool first = true;

    if (json_walk_open(&walk, snapshot) != JSON_OBJECT) {
        buf_put(buf, snapshot);
        return;
    }
    buf_putc(buf, '{');
    for (; json_walk_next(&walk, &key, &value); first = false) {
        buf_put(buf, first ? STR("") : STR(","));
        buf_put(buf, key);
        buf_putc(buf, ':');
        if (str_eq(key, STR("\"fleet\""))) {
            fleet_seed(fleet, value);
            put_overview(fleet, buf);
        } else {
            buf_put(buf, value);
        }
    }
    buf_putc(buf, '}');
}
