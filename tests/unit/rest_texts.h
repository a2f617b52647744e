/* A small snapshot and requests written as text, for the unit tests and fuzzers of server/rest/. */
#ifndef UNIT_REST_TEXTS_H
#define UNIT_REST_TEXTS_H

#include "rest/plan.h"

#define COLUMN(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"

static const char rest_schema_text[] =
    "{\"schemas\":[\"public\",\"other\"],\"types\":[\"text\",\"_int4\",\"mood\"],\"reads_request\":"
    "false,\"links\":[],"
    "\"handlers\":[{\"schema\":\"public\",\"name\":\"primes_png\",\"target_schema\":\"public\","
    "\"target\":\"primes\",\"type\":\"image/png\"},"
    "{\"schema\":\"public\",\"name\":\"loose_any\",\"target_schema\":\"public\",\"target\":"
    "\"loose\","
    "\"type\":\"*/*\"},"
    "{\"schema\":\"public\",\"name\":\"text/"
    "plain\",\"target_schema\":\"public\",\"target\":\"add\","
    "\"type\":\"text/plain\"},"
    "{\"schema\":\"ext\",\"name\":\"rows_tsv\",\"target_schema\":null,\"target\":null,"
    "\"type\":\"text/tsv\"}],"
    "\"relations\":["
    "{\"schema\":\"public\",\"name\":\"primes\",\"kind\":\"table\",\"insertable\":true,"
    "\"updatable\":true,\"deletable\":true,\"columns\":["
    "{\"name\":\"id\",\"type\":\"bigint\",\"required\":true}," COLUMN(
        "form", "text") ","
                        "{\"name\":\"digits\",\"type\":\"bigint\",\"default\":\"7\"}"
                        "," COLUMN("data", "jsonb") "," COLUMN("tags", "text[]") "," COLUMN(
                            "a\\\"b",
                            "text") "],"
                                    "\"keys\":[{\"name\":\"primes_pkey\",\"primary\":true,"
                                    "\"columns\":[\"id\"]}]},"
                                    "{\"schema\":\"public\",\"name\":\"loose\",\"kind\":"
                                    "\"view\",\"insertable\":false,"
                                    "\"updatable\":false,\"deletable\":false,\"columns\":"
                                    "[" COLUMN("a",
                                               "integer") "],\"keys\":[]}],"
                                                          "\"routines\":["
                                                          "{\"schema\":\"public\",\"name\":"
                                                          "\"add\",\"volatile\":false,\"set\":"
                                                          "false,"
                                                          "\"variadic\":false,\"result\":"
                                                          "\"scalar\",\"type\":\"integer\","
                                                          "\"columns\":null,\"parameters\":["
                                                          "{\"name\":\"a\",\"type\":\"integer\","
                                                          "\"required\":true,\"variadic\":false},"
                                                          "{\"name\":\"b\",\"type\":\"integer\","
                                                          "\"required\":false,\"variadic\":false}]"
                                                          "},"
                                                          "{\"schema\":\"public\",\"name\":"
                                                          "\"list\",\"volatile\":true,\"set\":"
                                                          "true,"
                                                          "\"variadic\":false,\"result\":"
                                                          "\"composite\",\"relation\":\"primes\","
                                                          "\"type\":\"primes\","
                                                          "\"columns\":[" COLUMN(
                                                              "id",
                                                              "bigint") "],\"parameters\":[]},"
                                                                        "{\"schema\":\"public\","
                                                                        "\"name\":\"many\","
                                                                        "\"volatile\":false,"
                                                                        "\"set\":false,"
                                                                        "\"variadic\":true,"
                                                                        "\"result\":\"scalar\","
                                                                        "\"type\":\"integer\","
                                                                        "\"columns\":null,"
                                                                        "\"parameters\":["
                                                                        "{\"name\":\"v\",\"type\":"
                                                                        "\"integer[]\","
                                                                        "\"required\":true,"
                                                                        "\"variadic\":true}]},"
                                                                        "{\"schema\":\"public\","
                                                                        "\"name\":\"gone\","
                                                                        "\"volatile\":true,"
                                                                        "\"set\":false,"
                                                                        "\"variadic\":false,"
                                                                        "\"result\":\"void\","
                                                                        "\"type\":\"void\","
                                                                        "\"columns\":null,"
                                                                        "\"parameters\":[]},"
                                                                        "{\"schema\":\"public\","
                                                                        "\"name\":\"whole\","
                                                                        "\"volatile\":false,"
                                                                        "\"set\":false,"
                                                                        "\"variadic\":false,"
                                                                        "\"result\":\"scalar\","
                                                                        "\"type\":\"json\","
                                                                        "\"columns\":null,"
                                                                        "\"parameters\":["
                                                                        "{\"name\":\"\",\"type\":"
                                                                        "\"json\",\"required\":"
                                                                        "true,\"variadic\":false}]"
                                                                        "}]}";

static inline enum method rest_method(str name)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (str_eq(name, str_from(names[i])))
            return (enum method)i;
    return METHOD_OTHER;
}

enum { HEADERS_MAX = 16 };

/* "POST /primes?select=id\nprefer: return=minimal\n\n{"id":1}": a line, headers, a body. */
static inline struct request *rest_request(arena *mem, const char *text, enum ask_target *target)
{
    struct request *req = arena_new(mem, struct request);
    struct header *headers = arena_array(mem, struct header, HEADERS_MAX);
    str rest = str_from(text), line, method, path = STR("/");

    str_cut(&rest, '\n', &line);
    str_cut(&line, ' ', &method);
    str_cut(&line, '?', &path);
    req->mem = mem;
    req->method_name = method;
    req->method = rest_method(method);
    req->path = path;
    req->query = line.at == NULL ? STR("") : line;
    req->headers = headers;
    while (req->nheaders < HEADERS_MAX && str_cut(&rest, '\n', &line) && line.len > 0) {
        struct header *header = &headers[req->nheaders++];
        str_cut(&line, ':', &header->name);
        header->value = str_trim(line);
    }
    req->body = rest.at == NULL ? STR("") : rest;
    *target = str_starts(path, STR("/rpc/")) ? ASK_FUNCTION : ASK_RELATION;
    req->path_values[0].name = *target == ASK_FUNCTION ? STR("name") : STR("relation");
    req->path_values[0].value = str_skip(path, *target == ASK_FUNCTION ? 5 : 1);
    req->npath_values = 1;
    return req;
}

#endif
