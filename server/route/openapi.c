/* Writes the document of openapi.h, path by path: a file stands below its URL and below every
 * other URL it answers. */
#include "route/openapi.h"

#include <stdlib.h>

#include "base/writer.h"
#include "route/file.h"
#include "route/openapi_schema.h"

/* One operation: a file under one of its paths. */
struct operation {
    str path;
    const struct route_file *file;
};

static int compare_operations(const void *left, const void *right);
static void put_path(struct writer *writer, const struct operation *all, size_t count);
static void put_operation(struct writer *writer, const struct operation *operation);
static void put_responses(struct writer *writer, const struct route_file *file);

static size_t collect(arena *mem, const struct book *book, struct operation **all)
{
    size_t count = 0;

    *all = arena_array(mem, struct operation, book_count(book) * ROUTE_PATHS_MAX);
    for (size_t i = 0; i < book_count(book); i++) {
        const struct route_file *file = book_at(book, i);
        for (int k = 0; k < file->npaths; k++)
            (*all)[count++] = (struct operation){file->paths[k].text, file};
    }
    qsort(*all, count, sizeof(**all), compare_operations);
    return count;
}

static void put_head(struct writer *writer)
{
    writer_member(writer, STR("openapi"), STR("3.1.0"));
    writer_key(writer, STR("info"));
    writer_json(writer, STR("{\"title\":\"Curated routes\",\"version\":\"1\",\"description\":"
                            "\"Every route below /api, from the files that answer them.\"}"));
    writer_key(writer, STR("components"));
    writer_json(writer,
                STR("{\"securitySchemes\":{"
                    "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
                    "\"key\":{\"type\":\"http\",\"scheme\":\"bearer\","
                    "\"description\":\"The API key of an operator.\"}},"
                    "\"schemas\":{\"Error\":{\"type\":\"object\",\"required\":[\"error\"],"
                    "\"properties\":{\"error\":{\"type\":\"string\"}}}}}"));
}

str book_openapi(arena *mem, const struct book *book)
{
    struct writer writer;
    struct operation *all;
    size_t count = collect(mem, book, &all), same;

    writer_init(&writer, mem, BOOK_OPENAPI_MAX);
    writer_open(&writer, '{');
    put_head(&writer);
    writer_open_member(&writer, STR("paths"), '{');
    for (size_t i = 0; i < count; i += same) {
        for (same = 1; i + same < count && str_eq(all[i].path, all[i + same].path);)
            same++;
        put_path(&writer, all + i, same);
    }
    writer_close(&writer, '}');
    writer_close(&writer, '}');
    return writer.out.full ? (str){NULL, 0} : buf_str(&writer.out);
}

static int compare_operations(const void *left, const void *right)
{
    const struct operation *a = left, *b = right;
    size_t len = a->path.len < b->path.len ? a->path.len : b->path.len;
    int order = memcmp(a->path.at, b->path.at, len);

    if (order == 0)
        order = (a->path.len > b->path.len) - (a->path.len < b->path.len);
    return order != 0 ? order : (int)a->file->method - (int)b->file->method;
}

static void put_path(struct writer *writer, const struct operation *all, size_t count)
{
    static const str methods[] = {
        [METHOD_GET] = STR_ROW("get"),       [METHOD_POST] = STR_ROW("post"),
        [METHOD_PUT] = STR_ROW("put"),       [METHOD_PATCH] = STR_ROW("patch"),
        [METHOD_DELETE] = STR_ROW("delete"),
    };

    writer_open_member(writer, all->path, '{');
    for (size_t i = 0; i < count; i++) {
        writer_key(writer, methods[all[i].file->method]);
        put_operation(writer, &all[i]);
    }
    writer_close(writer, '}');
}

/* The resource: the segment behind /api, or behind /api/v1. */
static str tag_of(const struct route_file *file)
{
    const struct route_path *path = &file->paths[0];
    bool version = path->nsegments > 2 && str_eq(path->segments[1], STR("v1"));
    return path->nsegments < 2 ? STR("api") : path->segments[version ? 2 : 1];
}

static bool in_path(const struct route_file *file, int param)
{
    for (int i = 0; i < file->paths[0].nsegments; i++)
        if (file->paths[0].params[i] == param)
            return true;
    return false;
}

static bool has_body(const struct route_file *file)
{
    for (int i = 0; i < file->nparams; i++)
        if (!in_path(file, i))
            return file->method != METHOD_GET && file->method != METHOD_DELETE;
    return false;
}

static bool is_required(const struct param *param)
{
    return !param->optional && param->fallback.at == NULL;
}

static void put_parameters(struct writer *writer, const struct route_file *file)
{
    bool body = has_body(file);

    writer_open_member(writer, STR("parameters"), '[');
    for (int i = 0; i < file->nparams; i++) {
        const struct param *param = &file->params[i];
        bool path = in_path(file, i);
        if (body && !path)
            continue;
        writer_open(writer, '{');
        writer_member(writer, STR("name"), param->name);
        writer_member(writer, STR("in"), path ? STR("path") : STR("query"));
        writer_flag(writer, STR("required"), path || is_required(param));
        if (param->list && !path)
            writer_flag(writer, STR("explode"), false);
        writer_key(writer, STR("schema"));
        openapi_schema_put(writer, param);
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
}

static void put_required(struct writer *writer, const struct route_file *file)
{
    writer_open_member(writer, STR("required"), '[');
    for (int i = 0; i < file->nparams; i++)
        if (!in_path(file, i) && is_required(&file->params[i]))
            writer_string(writer, file->params[i].name);
    writer_close(writer, ']');
}

/* A key that may be missing may be null as well. */
static void put_body(struct writer *writer, const struct route_file *file)
{
    writer_open_member(writer, STR("requestBody"), '{');
    writer_open_member(writer, STR("content"), '{');
    writer_open_member(writer, STR("application/json"), '{');
    writer_open_member(writer, STR("schema"), '{');
    writer_member(writer, STR("type"), STR("object"));
    put_required(writer, file);
    writer_open_member(writer, STR("properties"), '{');
    for (int i = 0; i < file->nparams; i++) {
        const struct param *param = &file->params[i];
        if (in_path(file, i))
            continue;
        writer_key(writer, param->name);
        if (is_required(param))
            openapi_schema_put(writer, param);
        else
            openapi_schema_put_nullable(writer, param);
    }
    for (int i = 0; i < 5; i++)
        writer_close(writer, '}');
}

static void put_operation(struct writer *writer, const struct operation *operation)
{
    static const str security[] = {
        [ROUTE_ANYONE] = STR_ROW("[]"),
        [ROUTE_USER] = STR_ROW("[{\"token\":[]}]"),
        [ROUTE_ADMIN] = STR_ROW("[{\"token\":[]}]"),
        [ROUTE_NODE] = STR_ROW("[{\"key\":[]}]"),
    };
    static const str access[] = {
        [ROUTE_ANYONE] = STR_ROW("anyone"),
        [ROUTE_USER] = STR_ROW("user"),
        [ROUTE_ADMIN] = STR_ROW("admin"),
        [ROUTE_NODE] = STR_ROW("node"),
    };
    const struct route_file *file = operation->file;

    writer_open(writer, '{');
    writer_open_member(writer, STR("tags"), '[');
    writer_string(writer, tag_of(file));
    writer_close(writer, ']');
    writer_member(writer, STR("description"), file->about);
    writer_member(writer, STR("x-access"), access[file->access]);
    writer_key(writer, STR("security"));
    writer_json(writer, security[file->access]);
    put_parameters(writer, file);
    if (has_body(file))
        put_body(writer, file);
    put_responses(writer, file);
    writer_close(writer, '}');
}

static const struct {
    enum answer_kind kind;
    str status, about, type; /* type.at == NULL: no body */
} answers[] = {
    {ANSWER_VALUE,    STR_ROW("200"), STR_ROW("The answer"), STR_ROW("application/json") },
    {ANSWER_ROW,      STR_ROW("200"), STR_ROW("The answer"), STR_ROW("application/json") },
    {ANSWER_ARRAY,    STR_ROW("200"), STR_ROW("The answer"), STR_ROW("application/json") },
    {ANSWER_CSV,      STR_ROW("200"), STR_ROW("The answer"), STR_ROW("text/csv")         },
    {ANSWER_EVENTS,   STR_ROW("200"), STR_ROW("The answer"), STR_ROW("text/event-stream")},
    {ANSWER_CREATED,  STR_ROW("201"), STR_ROW("Created"),    STR_ROW("application/json") },
    {ANSWER_ACCEPTED, STR_ROW("202"), STR_ROW("Queued"),     STR_ROW("application/json") },
    {ANSWER_EMPTY,    STR_ROW("204"), STR_ROW("Done"),       {NULL, 0}                   },
};
enum { ANSWER_ROWS = sizeof(answers) / sizeof(answers[0]) };

static bool answers_with(const struct route_file *file, enum answer_kind kind)
{
    for (int i = 0; i < file->nanswers; i++)
        if (file->answers[i].kind == kind || (file->answers[i].or_empty && kind == ANSWER_EMPTY))
            return true;
    return false;
}

static void put_content(struct writer *writer, str type, str schema)
{
    writer_open_member(writer, type, '{');
    writer_key(writer, STR("schema"));
    writer_json(writer, schema);
    writer_close(writer, '}');
}

/* All media types of one status; `from` is its first row of the table. */
static void put_status(struct writer *writer, const struct route_file *file, int from)
{
    str last = {NULL, 0};

    writer_open_member(writer, answers[from].status, '{');
    writer_member(writer, STR("description"), answers[from].about);
    if (answers[from].type.at != NULL)
        writer_open_member(writer, STR("content"), '{');
    for (int i = from; i < ANSWER_ROWS && str_eq(answers[i].status, answers[from].status); i++) {
        if (!answers_with(file, answers[i].kind) || answers[i].type.at == NULL ||
            (last.at != NULL && str_eq(last, answers[i].type)))
            continue;
        last = answers[i].type;
        put_content(writer, last,
                    str_eq(last, STR("text/csv")) ? STR("{\"type\":\"string\"}") : STR("{}"));
    }
    if (answers[from].type.at != NULL)
        writer_close(writer, '}');
    writer_close(writer, '}');
}

static void put_error(struct writer *writer, str status, str about)
{
    writer_open_member(writer, status, '{');
    writer_member(writer, STR("description"), about);
    writer_open_member(writer, STR("content"), '{');
    put_content(writer, STR("application/json"), STR("{\"$ref\":\"#/components/schemas/Error\"}"));
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static void put_responses(struct writer *writer, const struct route_file *file)
{
    str status = {NULL, 0}, missing = {NULL, 0};

    writer_open_member(writer, STR("responses"), '{');
    for (int i = 0; i < ANSWER_ROWS; i++) {
        bool again = status.at != NULL && str_eq(status, answers[i].status);
        if (again || !answers_with(file, answers[i].kind))
            continue;
        status = answers[i].status;
        put_status(writer, file, i);
    }
    for (int i = 0; i < file->nanswers && missing.at == NULL; i++)
        missing = file->answers[i].missing;
    if (file->nparams > 0)
        put_error(writer, STR("400"), STR("A parameter is wrong"));
    if (file->access != ROUTE_ANYONE)
        put_error(writer, STR("401"), STR("Nobody, or nobody who is known"));
    if (file->access == ROUTE_ADMIN || file->access == ROUTE_NODE)
        put_error(writer, STR("403"), STR("Not for this caller"));
    bool changes = file->method != METHOD_GET; /* its functions may find that it cannot be */
    if (missing.at != NULL || changes)
        put_error(writer, STR("404"),
                  missing.at != NULL ? missing : STR("What it is about is not there"));
    if (changes)
        put_error(writer, STR("409"), STR("It is there already, or its state does not allow it"));
    writer_close(writer, '}');
}
