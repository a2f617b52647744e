/* See demo_primes.h. */
#include "cli/demo_primes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "cli/demo_forms.h"

enum {
    YEAR_S = 365 * 24 * 3600,
    FRESH_S = 600,      /* the latest discovery is at least this old */
    ROWS_MAX = 1 << 20, /* bytes of COPY text that are written before they are sent */
    ROWS_SENT = ROWS_MAX / 2,
    VERIFIED_PERCENT = 84,
    VERIFY_WITHIN_S = 8 * 3600,
};

struct demo_primes {
    pthread_t threads[DEMO_THREADS];
    int running; /* threads not yet joined */
    atomic_int next;
    arena *mem[DEMO_FORMS];
    struct finder finders[DEMO_FORMS];
    int count;
};

/* One line of the table: a discovery with its moment. */
struct entry {
    int64_t found_at;
    const struct form *form;
    const struct discovery *discovery;
};

static void *search(void *arg)
{
    struct demo_primes *primes = arg;
    for (int i; (i = atomic_fetch_add(&primes->next, 1)) < DEMO_FORMS;) {
        primes->mem[i] = arena_open();
        form_search(&demo_forms[i], &primes->finders[i], primes->mem[i]);
    }
    return NULL;
}

struct demo_primes *demo_primes_start(void)
{
    struct demo_primes *primes = h2o_mem_alloc(sizeof(*primes));
    memset(primes, 0, sizeof(*primes));
    while (primes->running < DEMO_THREADS &&
           pthread_create(&primes->threads[primes->running], NULL, search, primes) == 0)
        primes->running++;
    if (primes->running == 0)
        search(primes);
    return primes;
}

static void wait_for_search(struct demo_primes *primes)
{
    while (primes->running > 0)
        pthread_join(primes->threads[--primes->running], NULL);
}

void demo_primes_free(struct demo_primes **primes)
{
    if (*primes == NULL)
        return;
    wait_for_search(*primes);
    for (int i = 0; i < DEMO_FORMS; i++)
        arena_close(&(*primes)->mem[i]);
    free(*primes);
    *primes = NULL;
}

int demo_primes_count(const struct demo_primes *primes)
{
    return primes->count;
}

/* splitmix64 (Steele, Lea, Flood 2014): the same numbers every time. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int by_time(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return (left->found_at > right->found_at) - (left->found_at < right->found_at);
}

/* The fleet grew over the year: of two random moments the later one. */
static int64_t moment(uint64_t *state, int64_t now)
{
    int64_t one = (int64_t)(draw(state) % YEAR_S), two = (int64_t)(draw(state) % YEAR_S);
    return now - FRESH_S - (one < two ? one : two);
}

static struct entry *make_entries(struct demo_primes *primes, arena *mem, int64_t now)
{
    uint64_t state = 1;
    int count = 0;
    for (int i = 0; i < DEMO_FORMS; i++)
        count += primes->finders[i].count;
    struct entry *entries = arena_array(mem, struct entry, (size_t)count);
    for (int i = 0; i < DEMO_FORMS; i++)
        for (int j = 0; j < primes->finders[i].count; j++)
            entries[primes->count++] =
                (struct entry){moment(&state, now), &demo_forms[i], &primes->finders[i].list[j]};
    qsort(entries, (size_t)primes->count, sizeof(*entries), by_time);
    return entries;
}

static void put_time(struct buf *rows, int64_t at)
{
    char text[40];
    struct tm tm;
    time_t seconds = (time_t)at;
    size_t len = strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S+00", gmtime_r(&seconds, &tm));
    buf_put(rows, (str){text, len});
}

static const struct method {
    const char *proof;  /* primes.proof_method */
    const char *second; /* primes.verification_method */
    int tier;
} methods[] = {
    [PROOF_DETERMINISTIC] = {"deterministic", "miller-rabin-sinclair", 1},
    [PROOF_PROTH] = {"proth",         "proth",                 1},
    [PROOF_POCKLINGTON] = {"pocklington",   "pocklington",           1},
    [PROOF_PROBABILISTIC] = {"probabilistic", "baillie-psw",           2},
};

static const char *size_tag(int digits)
{
    static const struct {
        int from;
        const char *tag;
    } sizes[] = {
        {1000, "titanic"},
        {100,  "large"  },
        {20,   "medium" },
        {0,    "small"  },
    };
    size_t i = 0;
    while (digits < sizes[i].from)
        i++;
    return sizes[i].tag;
}

/* verified, verified_at, verification_method, verification_tier */
static void put_verification(struct buf *rows, const struct entry *entry, uint64_t luck,
                             int64_t now)
{
    const struct method *method = &methods[entry->discovery->proof];
    int64_t at = entry->found_at + 30 + (int64_t)((luck >> 8) % VERIFY_WITHIN_S);
    if (luck % 100 >= VERIFIED_PERCENT || at > now) {
        buf_put(rows, STR("\tf\t\\N\t\\N\t\\N"));
        return;
    }
    buf_put(rows, STR("\tt\t"));
    put_time(rows, at);
    buf_printf(rows, "\t%s\t%d", method->second, method->tier);
}

static void put_row(struct buf *rows, const struct entry *entry, const str *operator_row,
                    uint64_t luck, int64_t now)
{
    const struct discovery *discovery = entry->discovery;
    buf_printf(rows, "%s\t%.*s\t%d\t", entry->form->name, STR_ARG(discovery->expression),
               discovery->digits);
    put_time(rows, entry->found_at);
    buf_printf(rows, "\t{\"search_type\":\"%s\",%s}\t%s", entry->form->name, entry->form->params,
               methods[discovery->proof].proof);
    put_verification(rows, entry, luck, now);
    buf_printf(rows, "\t%.*s\t%.*s\t{%s,%s,%s}\n", STR_ARG(operator_row[0]),
               STR_ARG(operator_row[1]), entry->form->tag, size_tag(discovery->digits),
               methods[discovery->proof].proof);
}

/* PostgreSQL reads the first while the next are written. */
static bool put_rows(struct demo_primes *primes, arena *mem, struct sync *sync,
                     const struct sync_rows *operators, int64_t now)
{
    struct entry *entries = make_entries(primes, mem, now);
    uint64_t state = 2;
    struct buf rows;
    buf_init(&rows, mem, ROWS_MAX);
    for (int i = 0; i < primes->count; i++) {
        uint64_t luck = draw(&state);
        /* A few operators find most: the smaller of two numbers. */
        uint64_t one = luck >> 40, two = (luck >> 16) & 0xffffff;
        int who = (int)((one < two ? one : two) % (uint64_t)operators->nrows);
        put_row(&rows, &entries[i], operators->cells + (ptrdiff_t)who * operators->ncolumns, luck,
                now);
        if (rows.len < ROWS_SENT && i + 1 < primes->count)
            continue;
        if (rows.full || !sync_copy_put(sync, buf_str(&rows)))
            return false;
        rows.len = 0;
    }
    return true;
}

static bool copy(struct demo_primes *primes, struct sync *sync, arena *mem, int64_t now, str *why)
{
    struct sync_rows operators;
    struct statement statement = {
        .text = STR("select id, username from private.operators order by credit desc, username")};
    if (!sync_query(sync, mem, &statement, &operators, why))
        return false;
    wait_for_search(primes);
    if (!sync_copy_start(sync, mem,
                         STR("copy primes (form, expression, digits, found_at, search_params,"
                             " proof_method, verified, verified_at, verification_method,"
                             " verification_tier, operator_id, discoverer, tags) from stdin"),
                         why))
        return false;
    bool fine = put_rows(primes, mem, sync, &operators, now);
    return sync_copy_end(sync, mem, why) && fine;
}

bool demo_primes_copy(struct demo_primes *primes, struct sync *sync, int64_t now, str *why)
{
    arena *mem = arena_open();
    str reason = {NULL, 0};
    bool fine = copy(primes, sync, mem, now, &reason);
    if (!fine)
        *why = arena_copy(primes->mem[0], reason);
    arena_close(&mem);
    return fine;
}
