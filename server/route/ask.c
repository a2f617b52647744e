/* What the client said, as the route's parameters. */
#include "route/ask.h"

#include "base/url.h"

/* Values as they arrived: at == NULL is "not there". */
struct raw {
    str texts[PARAMS_MAX];
    enum param_source sources[PARAMS_MAX];
};

static const struct fail *malformed(arena *mem, str name)
{
    return fail_new(mem, FAIL_MALFORMED, "%.*s is not percent-encoded UTF-8", STR_ARG(name));
}

static const struct fail *read_path(const struct request *req, const struct book_match *match,
                                    struct raw *raw)
{
    const struct route_path *path = match->path;

    for (int i = 0, value = 0; i < path->nsegments; i++) {
        int param = path->params[i];
        if (param < 0)
            continue;
        if (!url_decode(req->mem, match->values[value++], URL_PLUS_IS_PLUS, &raw->texts[param]))
            return malformed(req->mem, match->file->params[param].name);
        raw->sources[param] = PARAM_FROM_URL;
    }
    return NULL;
}

static const struct fail *read_query(const struct request *req, const struct route_file *file,
                                     struct raw *raw)
{
    str query = req->query, key, value, name;

    while (url_next(&query, &key, &value)) {
        if (!url_decode(req->mem, key, URL_PLUS_IS_BLANK, &name))
            continue; /* an unknown parameter, whatever it is */
        int param = route_file_param(file, name);
        if (param < 0 || raw->texts[param].at != NULL || value.len == 0)
            continue;
        if (!url_decode(req->mem, value, URL_PLUS_IS_BLANK, &raw->texts[param]))
            return malformed(req->mem, name);
        raw->sources[param] = PARAM_FROM_URL;
    }
    return NULL;
}

static bool is_json_type(str type)
{
    long end = str_find(type, ';');
    str essence = str_trim(end < 0 ? type : (str){type.at, (size_t)end});
    return essence.len == 0 || str_ieq(essence, STR("application/json"));
}

static const struct fail *read_body(const struct request *req, const struct route_file *file,
                                    struct raw *raw)
{
    struct json_walk walk;
    str key, value;

    if (req->body.len == 0 || request_reads(req))
        return NULL;
    if (!is_json_type(request_header(req, STR("content-type"))))
        return fail_new(req->mem, FAIL_MEDIA_BODY, "The body must be application/json");
    if (json_check(req->body) != JSON_OBJECT)
        return fail_new(req->mem, FAIL_BAD_BODY, "The body must be a JSON object");
    json_walk_open(&walk, req->body);
    while (json_walk_next(&walk, &key, &value)) {
        int param = route_file_param(file, json_unquote(req->mem, key));
        if (param < 0)
            continue;
        raw->texts[param] = value;
        raw->sources[param] = PARAM_FROM_BODY;
    }
    return NULL;
}

static const struct fail *check_all(arena *mem, const struct raw *raw, struct route_ask *ask)
{
    for (int i = 0; i < ask->file->nparams; i++) {
        const struct param *param = &ask->file->params[i];
        if (raw->texts[i].at != NULL)
            TRY(param_read(mem, param, raw->sources[i], raw->texts[i], &ask->values[i]));
        else
            TRY(param_miss(mem, param, &ask->values[i]));
    }
    return NULL;
}

bool conditions_hold(const struct conditions *when, const struct param_value *values)
{
    for (int i = 0; i < when->count; i++) {
        const struct param_value *value = &values[when->all[i].param];
        if (when->all[i].word < 0 ? !value->given : value->word != when->all[i].word)
            return false;
    }
    return true;
}

static const struct answer *choose_answer(const struct route_ask *ask)
{
    const struct answer *answer = ask->file->answers;
    while (!conditions_hold(&answer->when, ask->values))
        answer++; /* the last one has no conditions */
    return answer;
}

static const struct fail *ask_values(const struct request *req, const struct book_match *match,
                                     struct route_ask *ask);

const struct fail *route_ask_parse(const struct request *req, const struct book_match *match,
                                   struct route_ask *ask)
{
    ask->file = match->file;
    ask->answer = match->file->answers;
    if (match->file->nparams == 0)
        return NULL; /* nothing of the request matters: the quick way to a cached answer */
    return ask_values(req, match, ask);
}

/* The path overrides a body's key of the same name; the query gives what is still missing. */
static const struct fail *ask_values(const struct request *req, const struct book_match *match,
                                     struct route_ask *ask)
{
    struct raw raw = {0};

    ask->values = arena_array(req->mem, struct param_value, (size_t)ask->file->nparams);
    TRY(read_body(req, ask->file, &raw));
    TRY(read_path(req, match, &raw));
    TRY(read_query(req, ask->file, &raw));
    TRY(check_all(req->mem, &raw, ask));
    ask->answer = choose_answer(ask);
    return NULL;
}

void route_key(struct buf *key, const struct route_ask *ask)
{
    buf_put(key, ask->file->paths[0].text);
    for (int i = 0; i < ask->file->nparams; i++) {
        const struct param_value *value = &ask->values[i];
        /* A length before the bytes: no value can imitate two. */
        uint32_t len = value->text.at == NULL ? UINT32_MAX : (uint32_t)value->text.len;
        buf_putc(key, value->given ? '\1' : '\0');
        buf_put(key, (str){(const char *)&len, sizeof(len)});
        buf_put(key, value->text);
    }
}
