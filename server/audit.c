/* See audit.h. */
#include "audit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "errand.h"

enum {
    WITHIN_MS = 2000,
    BATCH_BYTES_MAX = 16 << 20,
    AUDIT_EARLY = AUDIT_WAITING_MAX / 4 /* so many are not left waiting for the clock */
};

struct note {
    struct list node;
    int64_t at_us;
    int status;
    const struct claims *claims;
    str id, method, path, address, agent; /* in what follows */
    char room[];
};

struct audit {
    const struct config *config;
    struct loop *loop;
    struct metrics *metrics;
    struct timer *timer;
    bool all;               /* reads, too */
    bool writing, again;    /* again: a look came meanwhile */
    bool failing;           /* said once, not each time */
    pthread_mutex_t writer; /* one batch at a time */
    pthread_mutex_t lock;   /* guards what follows */
    struct list notes;      /* the oldest first */
    int waiting;
};

static void look(void *arg);

/* ---- a request ---- */

/* A write is a statement that may write, or was refused before the pools: a machine's beat
 * and a function that only reads are none. Who was not let in at all is in the log. */
static bool is_of_interest(const struct audit *audit, const struct request *req, int status)
{
    bool reads = request_reads(req) || req->method == METHOD_OPTIONS;

    if (req->route == NULL || req->claims == NULL || str_eq(req->claims->role, STR("none")))
        return false;
    if (audit->all && req->method != METHOD_OPTIONS)
        return true;
    if (reads || req->method == METHOD_OTHER)
        return req->is_for_admins;
    return req->writes || (req->pool == NULL && status >= 400) || req->is_for_admins;
}

static str put(char **room, str text)
{
    str kept = {*room, text.len < AUDIT_TEXT_MAX ? text.len : (size_t)AUDIT_TEXT_MAX};

    if (kept.len > 0)
        memcpy(*room, text.at, kept.len);
    *room += kept.len;
    return kept;
}

static struct note *note_new(const struct request *req, int status)
{
    str agent = request_header(req, STR("user-agent"));
    const str texts[] = {req->id, req->method_name, req->path, req->peer, agent};
    size_t bytes = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        bytes += texts[i].len < AUDIT_TEXT_MAX ? texts[i].len : (size_t)AUDIT_TEXT_MAX;
    struct note *note = h2o_mem_alloc(sizeof(struct note) + bytes);
    char *room = note->room;
    *note = (struct note){
        .at_us = clock_wall_us(), .status = status, .claims = claims_ref(req->claims)};
    note->id = put(&room, req->id);
    note->method = put(&room, req->method_name);
    note->path = put(&room, req->path);
    note->address = put(&room, req->peer);
    note->agent = put(&room, agent);
    return note;
}

static void note_free(struct note *note)
{
    claims_unref(&note->claims);
    free(note);
}

void audit_note(struct audit *audit, const struct request *req, int status)
{
    if (audit == NULL || !is_of_interest(audit, req, status))
        return;
    struct note *note = note_new(req, status);
    pthread_mutex_lock(&audit->lock);
    bool fits = audit->waiting < AUDIT_WAITING_MAX;
    if (fits) {
        list_append(&audit->notes, &note->node);
        audit->waiting++;
    }
    bool early = fits && audit->waiting == AUDIT_EARLY;
    pthread_mutex_unlock(&audit->lock);
    if (early && audit->loop != NULL)
        loop_post(audit->loop, look, audit);
    if (fits)
        return;
    note_free(note);
    metric_add(audit->metrics, METRIC_AUDIT_DROPPED, 1);
}

/* ---- writing ---- */

static void put_note(struct buf *json, const struct note *note)
{
    const struct {
        const char *name;
        str value;
    } texts[] = {
        {"id",      note->id          },
        {"method",  note->method      },
        {"path",    note->path        },
        {"address", note->address     },
        {"agent",   note->agent       },
        {"role",    note->claims->role},
    };
    buf_put(json, json->len == 0 ? STR("[{") : STR(",{"));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        buf_printf(json, "\"%s\":", texts[i].name);
        json_put_string(json, texts[i].value);
        buf_putc(json, ',');
    }
    buf_printf(json, "\"status\":%d,\"at\":%lld.%06lld,\"claims\":", note->status,
               (long long)(note->at_us / 1000000), (long long)(note->at_us % 1000000));
    buf_put(json, note->claims->json);
    buf_putc(json, '}');
}

/* The oldest ones as JSON, which stay where they are until they are written. Their number. */
static int read_batch(struct audit *audit, struct buf *json)
{
    int count = 0;

    pthread_mutex_lock(&audit->lock);
    LIST_EACH (node, &audit->notes) {
        if (count == AUDIT_BATCH_MAX)
            break;
        put_note(json, LIST_ENTRY(node, struct note, node));
        count++;
    }
    pthread_mutex_unlock(&audit->lock);
    if (count > 0)
        buf_putc(json, ']');
    return count;
}

/* New ones are behind the batch, and nobody else takes any away. */
static void drop_batch(struct audit *audit, int count)
{
    pthread_mutex_lock(&audit->lock);
    for (int i = 0; i < count; i++) {
        struct note *note = LIST_ENTRY(audit->notes.next, struct note, node);
        list_remove(&note->node);
        note_free(note);
    }
    audit->waiting -= count;
    pthread_mutex_unlock(&audit->lock);
}

static bool write_batch(struct audit *audit, arena *mem, str json, str *why)
{
    const struct errand_options options = {.purpose = "audit", .within_ms = WITHIN_MS};
    const struct statement query = {
        .text = STR("select postern.write_audit($1)"), .nparams = 1, .params = &json};
    struct sync *sync = errand_open(mem, audit->config, &options, why);
    str count;

    if (sync == NULL)
        return false;
    if (errand_ask(sync, mem, &query, &count, why))
        return errand_close(&sync, mem, why);
    sync_close(&sync);
    return false;
}

/* How many were written; -1: none, and they stay. */
static int write_some(struct audit *audit)
{
    arena *mem = arena_open();
    struct buf json;
    str why = STR("the batch is too large");

    buf_init(&json, mem, BATCH_BYTES_MAX);
    int count = read_batch(audit, &json);
    bool done = count == 0 || (!json.full && write_batch(audit, mem, buf_str(&json), &why));
    if (done && count > 0) {
        drop_batch(audit, count);
        metric_add(audit->metrics, METRIC_AUDIT_WRITTEN, count);
    } else if (!done && !audit->failing) {
        log_line(LOG_WARN, "audit not written", "waiting=%d reason=\"%.*s\"", count, STR_ARG(why));
    }
    audit->failing = !done;
    arena_close(&mem);
    return done ? count : -1;
}

/* The last call, when the program ends, waits for the one before it. */
static void write_in_thread(void *arg)
{
    struct audit *audit = arg;

    pthread_mutex_lock(&audit->writer);
    while (write_some(audit) == AUDIT_BATCH_MAX)
        continue;
    pthread_mutex_unlock(&audit->writer);
}

static void on_written(void *arg)
{
    struct audit *audit = arg;
    audit->writing = false;
    if (!audit->again)
        return;
    audit->again = false;
    look(audit);
}

static void look(void *arg)
{
    struct audit *audit = arg;

    pthread_mutex_lock(&audit->lock);
    bool any = audit->waiting > 0;
    pthread_mutex_unlock(&audit->lock);
    audit->again = any && audit->writing;
    if (!any || audit->writing)
        return;
    audit->writing = true;
    loop_work(audit->loop, write_in_thread, on_written, audit);
}

/* ---- life ---- */

static bool is_wanted(const struct config *config)
{
    if (str_eq(config->audit, STR("auto")))
        return config->supabase_url.len > 0;
    return !str_eq(config->audit, STR("off"));
}

struct audit *audit_new(const struct config *config)
{
    if (!is_wanted(config))
        return NULL;
    struct audit *audit = h2o_mem_alloc(sizeof(struct audit));
    *audit = (struct audit){.config = config, .all = str_eq(config->audit, STR("all"))};
    pthread_mutex_init(&audit->lock, NULL);
    pthread_mutex_init(&audit->writer, NULL);
    list_init(&audit->notes);
    return audit;
}

void audit_start(struct audit *audit, struct loop *loop, struct metrics *metrics)
{
    if (audit == NULL)
        return;
    audit->loop = loop;
    audit->metrics = metrics;
    audit->timer = timer_start(loop, AUDIT_EVERY_MS, AUDIT_EVERY_MS, look, audit);
}

void audit_stop(struct audit *audit)
{
    if (audit == NULL)
        return;
    timer_close(&audit->timer);
    write_in_thread(audit);
    if (audit->waiting > 0)
        log_line(LOG_ERROR, "audit lost", "requests=%d", audit->waiting);
    drop_batch(audit, audit->waiting);
}

void audit_free(struct audit **audit)
{
    struct audit *last = *audit;

    *audit = NULL;
    if (last == NULL)
        return;
    pthread_mutex_destroy(&last->lock);
    pthread_mutex_destroy(&last->writer);
    free(last);
}
