/* See fleet.h. */
#include "fleet/fleet.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "fleet/fleet_inside.h"

struct fleet *fleet_new(void)
{
    struct fleet *fleet = calloc(1, sizeof(struct fleet));

    if (fleet == NULL)
        abort();
    pthread_mutex_init(&fleet->lock, NULL);
    return fleet;
}

void fleet_free(struct fleet **fleet)
{
    struct fleet *last = *fleet;

    *fleet = NULL;
    if (last == NULL)
        return;
    TABLE_EACH(at, &last->nodes)
    {
        struct node *node = LIST_ENTRY(at, struct node, node);
        node_free(&node);
    }
    table_free(&last->nodes);
    free((void *)last->by_name);
    pthread_mutex_destroy(&last->lock);
    free(last);
}

static struct node *find(const struct fleet *fleet, str id)
{
    struct table_node *at = NULL;

    while (table_next(&fleet->nodes, str_hash(id, STR_HASH_SEED), &at)) {
        struct node *node = LIST_ENTRY(at, struct node, node);
        if (str_eq(node->id, id))
            return node;
    }
    return NULL;
}

/* Who has been silent for long makes room. */
static void forget_old(struct fleet *fleet)
{
    int64_t before_us = clock_wall_us() - FLEET_FORGET_MS * INT64_C(1000);

    TABLE_EACH(at, &fleet->nodes)
    {
        struct node *node = LIST_ENTRY(at, struct node, node);
        if (node->beat_us >= before_us)
            continue;
        table_remove(&fleet->nodes, at);
        fleet->ordered = false;
        node_free(&node);
    }
}

/* NULL: the fleet is full. */
static struct node *get(struct fleet *fleet, str id)
{
    struct node *node = find(fleet, id);

    if (node != NULL)
        return node;
    if (fleet->nodes.count >= FLEET_NODES_MAX)
        forget_old(fleet);
    if (fleet->nodes.count >= FLEET_NODES_MAX)
        return NULL;
    node = node_new(id);
    table_put(&fleet->nodes, &node->node, str_hash(id, STR_HASH_SEED));
    fleet->ordered = false;
    return node;
}

static int by_name(const void *a, const void *b)
{
    return str_order((*(struct node *const *)a)->id, (*(struct node *const *)b)->id);
}

static void make_room(struct fleet *fleet)
{
    if (fleet->nodes.count <= fleet->room)
        return;
    free((void *)fleet->by_name);
    fleet->room = fleet->nodes.count * 2;
    fleet->by_name = calloc(fleet->room, sizeof(struct node *));
    if (fleet->by_name == NULL)
        abort();
}

const struct node *const *fleet_in_order(struct fleet *fleet)
{
    size_t count = 0;

    if (fleet->ordered)
        return fleet->by_name;
    make_room(fleet);
    TABLE_EACH(at, &fleet->nodes)
    fleet->by_name[count++] = LIST_ENTRY(at, struct node, node);
    if (count > 1)
        qsort((void *)fleet->by_name, count, sizeof(struct node *), by_name);
    fleet->ordered = true;
    return fleet->by_name;
}

/* ---- trust ---- */

uint64_t fleet_mark(struct fleet *fleet)
{
    pthread_mutex_lock(&fleet->lock);
    uint64_t mark = fleet->doubts;
    pthread_mutex_unlock(&fleet->lock);
    return mark;
}

static bool trusts(const struct fleet *fleet, const struct node *node, const struct claims *claims)
{
    int64_t limit_ms = fleet->hearing ? FLEET_TRUST_MS : FLEET_DEAF_TRUST_MS;

    return node != NULL && node->claims != NULL && node->mark >= node->doubt &&
           node->mark >= fleet->doubt_all && claims_same(node->claims, claims) &&
           clock_us() - node->trusted_us < limit_ms * 1000;
}

bool fleet_trusts(struct fleet *fleet, str node_id, const struct claims *claims)
{
    pthread_mutex_lock(&fleet->lock);
    bool trusted = trusts(fleet, find(fleet, node_id), claims);
    pthread_mutex_unlock(&fleet->lock);
    return trusted;
}

/* What the table knows of a node: older than what it has said here since. */
static void take_row(struct node *node, str row)
{
    int64_t beat_us = node_read_time(row, STR("last_heartbeat"));

    node->registered_us = node_read_time(row, STR("registered_at"));
    if (beat_us < node->beat_us)
        return;
    node_take(node, row, NODE_ALL);
    node->beat_us = node->written_us = beat_us;
}

void fleet_admit(struct fleet *fleet, uint64_t mark, const struct claims *claims, str worker)
{
    arena *mem = arena_open();
    str id = node_read_id(mem, worker);

    pthread_mutex_lock(&fleet->lock);
    struct node *node = id.at == NULL ? NULL : get(fleet, id);
    if (node != NULL) {
        node->mark = mark;
        node->trusted_us = clock_us();
        claims_unref(&node->claims);
        node->claims = claims_ref(claims);
        take_row(node, worker);
    }
    pthread_mutex_unlock(&fleet->lock);
    arena_close(&mem);
}

/* A node that is not known here may be about to be admitted. */
void fleet_doubt(struct fleet *fleet, str node_id)
{
    pthread_mutex_lock(&fleet->lock);
    struct node *node = node_id.len == 0 ? NULL : find(fleet, node_id);
    fleet->doubts++;
    if (node == NULL)
        fleet->doubt_all = fleet->doubts;
    else
        node->doubt = fleet->doubts;
    pthread_mutex_unlock(&fleet->lock);
}

void fleet_set_hearing(struct fleet *fleet, bool hearing)
{
    pthread_mutex_lock(&fleet->lock);
    fleet->hearing = hearing;
    pthread_mutex_unlock(&fleet->lock);
    fleet_doubt(fleet, STR(""));
}

/* ---- beats ---- */

static void put_seconds(struct buf *buf, const char *name, int64_t us)
{
    buf_printf(buf, ",\"%s\":%lld.%06lld", name, (long long)(us / 1000000),
               (long long)(us % 1000000));
}

static void put_all(const struct node *node, struct buf *buf)
{
    buf_putc(buf, '{');
    node_put_facts(node, CHECKPOINT_TEXT, buf);
    put_seconds(buf, "registered_at", node->registered_us);
    put_seconds(buf, "last_heartbeat", node->beat_us);
    buf_putc(buf, '}');
}

void fleet_beat(struct fleet *fleet, str node_id, str facts, struct buf *all)
{
    pthread_mutex_lock(&fleet->lock);
    struct node *node = find(fleet, node_id);
    if (node != NULL) {
        node->beat_us = clock_wall_us();
        node_take(node, facts, NODE_ITSELF);
        put_all(node, all);
    }
    pthread_mutex_unlock(&fleet->lock);
}

void fleet_give_command(struct fleet *fleet, str node_id, str command)
{
    pthread_mutex_lock(&fleet->lock);
    struct node *node = find(fleet, node_id);
    if (node != NULL)
        node_give_command(node, command);
    pthread_mutex_unlock(&fleet->lock);
}

str fleet_take_command(struct fleet *fleet, str node_id, arena *mem)
{
    pthread_mutex_lock(&fleet->lock);
    struct node *node = find(fleet, node_id);
    str command = node == NULL ? (str){NULL, 0} : node_take_command(node, mem);
    pthread_mutex_unlock(&fleet->lock);
    return command;
}

/* The other gateway tells the database: what was written before stays so. */
void fleet_hear(struct fleet *fleet, str all)
{
    if (json_check(all) != JSON_OBJECT)
        return;
    arena *mem = arena_open();
    str id = node_read_id(mem, all);
    int64_t beat_us = node_read_time(all, STR("last_heartbeat"));

    pthread_mutex_lock(&fleet->lock);
    struct node *node = id.at == NULL || beat_us <= 0 ? NULL : get(fleet, id);
    if (node != NULL && beat_us > node->beat_us) {
        node->registered_us = node_read_time(all, STR("registered_at"));
        node_take(node, all, NODE_ALL);
        if (node->written_us >= node->beat_us)
            node->written_us = beat_us;
        node->beat_us = beat_us;
    }
    pthread_mutex_unlock(&fleet->lock);
    arena_close(&mem);
}

int fleet_unwritten(struct fleet *fleet, struct buf *beats, int64_t *until_us)
{
    int count = 0;

    buf_putc(beats, '[');
    pthread_mutex_lock(&fleet->lock);
    forget_old(fleet);
    *until_us = clock_wall_us();
    TABLE_EACH(at, &fleet->nodes)
    {
        const struct node *node = LIST_ENTRY(at, struct node, node);
        if (node->beat_us <= node->written_us)
            continue;
        buf_put(beats, count++ == 0 ? STR("") : STR(","));
        put_all(node, beats);
    }
    pthread_mutex_unlock(&fleet->lock);
    buf_putc(beats, ']');
    return count;
}

void fleet_written(struct fleet *fleet, int64_t until_us)
{
    pthread_mutex_lock(&fleet->lock);
    TABLE_EACH(at, &fleet->nodes)
    {
        struct node *node = LIST_ENTRY(at, struct node, node);
        if (node->written_us < until_us)
            node->written_us = until_us;
    }
    pthread_mutex_unlock(&fleet->lock);
}

/* ---- the mirror ---- */

static enum fleet_seed_when seed_when(const struct fleet *fleet)
{
    int64_t age_ms = (clock_us() - fleet->seeded_us) / 1000;

    if (!fleet->seeded)
        return SEED_FIRST;
    if (fleet->seeding || age_ms <= FLEET_SEED_EVERY_MS)
        return SEED_LATER;
    return age_ms <= FLEET_SEED_OLD_MS ? SEED_BEHIND : SEED_FIRST;
}

enum fleet_seed_when fleet_seed_due(struct fleet *fleet)
{
    pthread_mutex_lock(&fleet->lock);
    enum fleet_seed_when when = seed_when(fleet);
    if (when != SEED_LATER)
        fleet->seeding = true;
    pthread_mutex_unlock(&fleet->lock);
    return when;
}

bool fleet_seeded(struct fleet *fleet)
{
    pthread_mutex_lock(&fleet->lock);
    bool seeded = fleet->seeded;
    pthread_mutex_unlock(&fleet->lock);
    return seeded;
}

static void seed_over(struct fleet *fleet)
{
    fleet->seeding = false;
    fleet->seeded_us = clock_us();
}

void fleet_seed(struct fleet *fleet, str rows)
{
    arena *mem = arena_open();
    struct json_walk walk;
    str key, row;

    pthread_mutex_lock(&fleet->lock);
    if (json_walk_open(&walk, rows) == JSON_ARRAY)
        while (json_walk_next(&walk, &key, &row)) {
            str id = node_read_id(mem, row);
            struct node *node = id.at == NULL ? NULL : get(fleet, id);
            if (node != NULL)
                take_row(node, row);
        }
    fleet->seeded = true;
    seed_over(fleet);
    pthread_mutex_unlock(&fleet->lock);
    arena_close(&mem);
}

void fleet_seed_failed(struct fleet *fleet)
{
    pthread_mutex_lock(&fleet->lock);
    seed_over(fleet);
    pthread_mutex_unlock(&fleet->lock);
}
