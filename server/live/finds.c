/* See finds.h. */
#include "live/finds.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "live/plain.h"

enum { ID_BYTES = 24 };

/* What came of one form since it was last told. */
struct form {
    struct list node;
    arena *mem; /* its own */
    str name;
    int64_t told_us; /* 0: never */
    size_t count;
    char newest[ID_BYTES]; /* the id of the newest: the notification's, too */
    str details[PLAIN_DETAILS_MAX];
    int64_t found_ms;
    struct position position; /* of the newest */
};

struct finds {
    void (*send)(void *arg, struct message *message);
    void *arg;
    struct list forms;
    int nforms;
};

struct find {
    str id, form, expression, digits, proof_method;
    int64_t found_ms;
    struct position position;
};

struct finds *finds_new(void (*send)(void *arg, struct message *message), void *arg)
{
    struct finds *finds = calloc(1, sizeof(*finds));

    if (finds == NULL)
        abort();
    finds->send = send;
    finds->arg = arg;
    list_init(&finds->forms);
    return finds;
}

static void form_free(struct finds *finds, struct form *form)
{
    arena *mem = form->mem;

    list_remove(&form->node);
    finds->nforms--;
    arena_close(&mem);
}

void finds_free(struct finds **finds)
{
    struct finds *last = *finds;

    *finds = NULL;
    LIST_EACH (node, &last->forms)
        form_free(last, LIST_ENTRY(node, struct form, node));
    free(last);
}

static void send(const struct finds *finds, struct buf *json)
{
    struct message *message = message_new(MESSAGE_TEXT, buf_str(json));

    message->droppable = true;
    finds->send(finds->arg, message);
    message_unref(&message);
}

/* ---- notifications ---- */

static void put_details(struct buf *buf, const struct form *form)
{
    size_t shown = form->count < PLAIN_DETAILS_MAX ? form->count : PLAIN_DETAILS_MAX;

    for (size_t i = 0; i < shown; i++) {
        buf_put(buf, i > 0 ? STR(",") : STR(""));
        json_put_string(buf, form->details[i]);
    }
    if (form->count > shown)
        buf_printf(buf, ",\"and %zu more\"", form->count - shown);
}

static void form_tell(const struct finds *finds, const struct form *form)
{
    char room[POSITION_TEXT_MAX];
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_printf(&buf,
               "{\"type\":\"notification\",\"notification\":{\"id\":%s,\"kind\":\"prime\","
               "\"title\":",
               form->newest);
    json_put_string(&buf, arena_printf(mem, "%zu %.*s %s found", form->count, STR_ARG(form->name),
                                       form->count == 1 ? "prime" : "primes"));
    buf_put(&buf, STR(",\"details\":["));
    put_details(&buf, form);
    buf_printf(&buf, "],\"count\":%zu,\"timestamp_ms\":%lld},\"lsn\":\"%.*s\"}", form->count,
               (long long)form->found_ms, STR_ARG(position_text(room, form->position)));
    send(finds, &buf);
    arena_close(&mem);
}

static struct form *form_find(const struct finds *finds, str name)
{
    LIST_EACH (node, &finds->forms)
        if (str_eq(LIST_ENTRY(node, struct form, node)->name, name))
            return LIST_ENTRY(node, struct form, node);
    return NULL;
}

static struct form *form_new(struct finds *finds, str name, int64_t told_us)
{
    arena *mem = arena_open();
    struct form *form = arena_new(mem, struct form);

    form->mem = mem;
    form->name = arena_copy(mem, name);
    form->told_us = told_us;
    list_append(&finds->forms, &form->node);
    finds->nforms++;
    return form;
}

/* Told, it starts anew, and remembers when it was told. */
static void form_finish(struct finds *finds, struct form *form, int64_t now_us)
{
    if (form->count > 0) {
        form_tell(finds, form);
        form_new(finds, form->name, now_us);
    }
    form_free(finds, form);
}

static struct form *form_get(struct finds *finds, str name)
{
    struct form *form = form_find(finds, name);

    if (form != NULL)
        return form;
    if (finds->nforms >= PLAIN_FORMS_MAX) {
        struct form *first = LIST_ENTRY(finds->forms.next, struct form, node);
        if (first->count > 0)
            form_tell(finds, first);
        form_free(finds, first);
    }
    return form_new(finds, name, 0);
}

static void gather(struct finds *finds, const struct find *find)
{
    struct form *form = form_get(finds, find->form);

    if (form->count < PLAIN_DETAILS_MAX)
        form->details[form->count] = arena_copy(form->mem, find->expression);
    snprintf(form->newest, sizeof(form->newest), "%.*s", STR_ARG(find->id));
    form->count++;
    form->found_ms = find->found_ms;
    form->position = find->position;
}

void finds_tick(struct finds *finds)
{
    int64_t now = clock_us();

    LIST_EACH (node, &finds->forms) {
        struct form *form = LIST_ENTRY(node, struct form, node);
        if (now - form->told_us >= PLAIN_GATHER_MS * INT64_C(1000))
            form_finish(finds, form, now);
    }
}

/* ---- from changes ---- */

static str column(const struct change *change, str name)
{
    int index = live_table_column(change->table, name);
    bool there = index >= 0 && change->row[index].state == VALUE_TEXT;
    str text = there ? change->row[index].text : STR("");

    if (text.len > PLAIN_EXPRESSION_MAX)
        text.len = PLAIN_EXPRESSION_MAX;
    return text;
}

static bool is_prime(const struct change *change)
{
    return change->op == CHANGE_INSERT && str_eq(change->table->schema, STR("public")) &&
           str_eq(change->table->name, STR("primes"));
}

/* Numbers go into the frame as they are: a table of somebody else's may have other columns. */
static bool read_find(const struct change *change, struct find *find)
{
    *find = (struct find){.id = column(change, STR("id")),
                          .form = column(change, STR("form")),
                          .expression = column(change, STR("expression")),
                          .digits = column(change, STR("digits")),
                          .proof_method = column(change, STR("proof_method")),
                          .found_ms = change->committed_us / 1000,
                          .position = change->position};
    return find->id.len < ID_BYTES && json_check(find->id) == JSON_NUMBER &&
           json_check(find->digits) == JSON_NUMBER;
}

static void tell(const struct finds *finds, const struct find *find)
{
    char room[POSITION_TEXT_MAX];
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"type\":\"prime_found\",\"prime\":{\"form\":"));
    json_put_string(&buf, find->form);
    buf_put(&buf, STR(",\"expression\":"));
    json_put_string(&buf, find->expression);
    buf_printf(&buf, ",\"digits\":%.*s,\"proof_method\":", STR_ARG(find->digits));
    json_put_string(&buf, find->proof_method);
    buf_printf(&buf, ",\"timestamp_ms\":%lld},\"lsn\":\"%.*s\"}", (long long)find->found_ms,
               STR_ARG(position_text(room, find->position)));
    send(finds, &buf);
    arena_close(&mem);
}

void finds_take(struct finds *finds, const struct change *const *changes, size_t count)
{
    struct find find;
    int told = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_prime(changes[i]) || !read_find(changes[i], &find))
            continue;
        if (told++ < PLAIN_FOUND_MAX)
            tell(finds, &find);
        gather(finds, &find);
    }
    finds_tick(finds);
}
