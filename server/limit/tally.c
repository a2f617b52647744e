/* See tally.h. */
#include "limit/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/table.h"

enum { DAY_S = 86400 };

struct counts {
    int64_t requests, refused;
};

struct row {
    struct table_node node;
    int64_t day;
    str key, tenant;             /* in room */
    struct counts waiting, sent; /* sent: being written */
    char room[];
};

/* A key's month. What it has spent in all: known + sent + waiting. */
struct budget {
    struct table_node node;
    str key; /* in room */
    int64_t month;
    int64_t known; /* written down, by all servers */
    int64_t sent, waiting;
    char room[];
};

struct tally {
    pthread_mutex_t lock;
    struct table rows, budgets;
};

struct tally *tally_new(void)
{
    struct tally *tally = calloc(1, sizeof(struct tally));

    if (tally == NULL)
        abort();
    pthread_mutex_init(&tally->lock, NULL);
    return tally;
}

static void free_row(struct tally *tally, struct row *row)
{
    table_remove(&tally->rows, &row->node);
    free(row);
}

void tally_free(struct tally **tally)
{
    struct tally *last = *tally;

    *tally = NULL;
    if (last == NULL)
        return;
    TABLE_EACH(node, &last->rows)
    free_row(last, (struct row *)(void *)node);
    TABLE_EACH(node, &last->budgets)
    {
        table_remove(&last->budgets, node);
        free(node);
    }
    table_free(&last->rows);
    table_free(&last->budgets);
    pthread_mutex_destroy(&last->lock);
    free(last);
}

/* ---- the calendar ---- */

static struct tm date_of(int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm date;

    gmtime_r(&seconds, &date);
    return date;
}

int64_t tally_month(int64_t now)
{
    struct tm date = date_of(now);
    return (int64_t)(date.tm_year + 1900) * 12 + date.tm_mon;
}

static int64_t month_left_s(int64_t now)
{
    struct tm first = date_of(now);

    first = (struct tm){.tm_year = first.tm_year, .tm_mon = first.tm_mon + 1, .tm_mday = 1};
    return (int64_t)timegm(&first) - now;
}

/* ---- counting ---- */

static str place(char **room, str text)
{
    str copy = {*room, text.len};

    if (text.len > 0)
        memcpy(*room, text.at, text.len);
    *room += text.len;
    return copy;
}

/* NULL: there are too many. */
static struct row *row_of(struct tally *tally, const struct tally_ask *ask)
{
    int64_t day = ask->now / DAY_S;
    str tenant = ask->tenant.len > TALLY_NAME_MAX ? STR("") : ask->tenant;
    uint64_t hash = str_hash(tenant, str_hash(ask->key, STR_HASH_SEED + (uint64_t)day));
    struct table_node *node = NULL;

    while (table_next(&tally->rows, hash, &node)) {
        struct row *row = (struct row *)(void *)node;
        if (row->day == day && str_eq(row->key, ask->key) && str_eq(row->tenant, tenant))
            return row;
    }
    if (tally->rows.count == TALLY_ROWS_MAX)
        return NULL;
    struct row *row = calloc(1, sizeof(struct row) + ask->key.len + tenant.len);
    if (row == NULL)
        abort();
    char *room = row->room;
    row->day = day;
    row->key = place(&room, ask->key);
    row->tenant = place(&room, tenant);
    table_put(&tally->rows, &row->node, hash);
    return row;
}

static struct budget *find_budget(const struct tally *tally, str key)
{
    struct table_node *node = NULL;

    while (table_next(&tally->budgets, str_hash(key, STR_HASH_SEED), &node)) {
        struct budget *budget = (struct budget *)(void *)node;
        if (str_eq(budget->key, key))
            return budget;
    }
    return NULL;
}

static struct budget *budget_of(struct tally *tally, const struct tally_ask *ask)
{
    struct budget *budget = find_budget(tally, ask->key);
    int64_t month = tally_month(ask->now);

    if (budget == NULL) {
        budget = calloc(1, sizeof(struct budget) + ask->key.len);
        if (budget == NULL)
            abort();
        char *room = budget->room;
        budget->key = place(&room, ask->key);
        table_put(&tally->budgets, &budget->node, str_hash(ask->key, STR_HASH_SEED));
    }
    if (budget->month != month) {
        budget->month = month;
        budget->known = ask->spent_month == month ? ask->spent : 0;
        budget->sent = budget->waiting = 0;
    }
    return budget;
}

static bool spend(struct tally *tally, const struct tally_ask *ask, struct tally_verdict *verdict)
{
    struct budget *budget = budget_of(tally, ask);
    int64_t spent = budget->known + budget->sent + budget->waiting;

    verdict->ends_s = month_left_s(ask->now);
    if (spent >= ask->quota)
        return false;
    budget->waiting++;
    verdict->left = ask->quota - spent - 1;
    return true;
}

struct tally_verdict tally_take(struct tally *tally, const struct tally_ask *ask)
{
    struct tally_verdict verdict = {.allowed = true};

    pthread_mutex_lock(&tally->lock);
    struct row *row = row_of(tally, ask);
    if (ask->quota > 0 && ask->key.len > 0)
        verdict.allowed = spend(tally, ask, &verdict);
    verdict.counted = row != NULL;
    if (row != NULL) {
        row->waiting.requests += verdict.allowed;
        row->waiting.refused += !verdict.allowed;
    }
    pthread_mutex_unlock(&tally->lock);
    return verdict;
}

void tally_refuse(struct tally *tally, const struct tally_ask *ask)
{
    pthread_mutex_lock(&tally->lock);
    struct row *row = row_of(tally, ask);
    if (row != NULL)
        row->waiting.refused++;
    pthread_mutex_unlock(&tally->lock);
}

/* ---- writing ---- */

bool tally_any(struct tally *tally)
{
    pthread_mutex_lock(&tally->lock);
    bool any = tally->rows.count > 0;
    pthread_mutex_unlock(&tally->lock);
    return any;
}

static void put_row(struct buf *json, const struct row *row)
{
    buf_put(json, json->len == 0 ? STR("[") : STR(","));
    buf_printf(json,
               "{\"day\":%lld,\"requests\":%lld,\"refused\":%lld,\"key\":", (long long)row->day,
               (long long)row->waiting.requests, (long long)row->waiting.refused);
    json_put_string(json, row->key);
    buf_put(json, STR(",\"tenant\":"));
    json_put_string(json, row->tenant);
    buf_putc(json, '}');
}

static bool is_empty(const struct row *row)
{
    return row->waiting.requests == 0 && row->waiting.refused == 0;
}

static int read_rows(struct tally *tally, struct buf *json)
{
    int count = 0;

    TABLE_EACH(node, &tally->rows)
    {
        struct row *row = (struct row *)(void *)node;
        if (is_empty(row))
            continue;
        put_row(json, row);
        row->sent = row->waiting;
        row->waiting = (struct counts){0};
        count++;
    }
    return count;
}

static void read_budgets(struct tally *tally)
{
    TABLE_EACH(node, &tally->budgets)
    {
        struct budget *budget = (struct budget *)(void *)node;
        budget->sent += budget->waiting;
        budget->waiting = 0;
    }
}

int tally_read(struct tally *tally, struct buf *json)
{
    pthread_mutex_lock(&tally->lock);
    int count = read_rows(tally, json);
    read_budgets(tally);
    pthread_mutex_unlock(&tally->lock);
    if (count > 0)
        buf_putc(json, ']');
    return count;
}

static void settle_row(struct tally *tally, struct row *row, bool done)
{
    if (!done) {
        row->waiting.requests += row->sent.requests;
        row->waiting.refused += row->sent.refused;
    }
    row->sent = (struct counts){0};
    if (is_empty(row))
        free_row(tally, row);
}

static void settle_budget(struct budget *budget, bool done)
{
    if (done)
        budget->known += budget->sent;
    else
        budget->waiting += budget->sent;
    budget->sent = 0;
}

void tally_written(struct tally *tally, bool done)
{
    pthread_mutex_lock(&tally->lock);
    TABLE_EACH(node, &tally->rows)
    settle_row(tally, (struct row *)(void *)node, done);
    TABLE_EACH(node, &tally->budgets)
    settle_budget((struct budget *)(void *)node, done);
    pthread_mutex_unlock(&tally->lock);
}

void tally_learn(struct tally *tally, str key, int64_t month, int64_t spent)
{
    pthread_mutex_lock(&tally->lock);
    struct budget *budget = find_budget(tally, key);
    if (budget != NULL && budget->month == month)
        budget->known = spent;
    pthread_mutex_unlock(&tally->lock);
}
