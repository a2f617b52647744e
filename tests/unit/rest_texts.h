/* A small snapshot and requests written as text, for the unit tests and fuzzers of server/rest/. */
#ifndef UNIT_REST_TEXTS_H
#define UNIT_REST_TEXTS_H

#include "rest/plan.h"

/* A snapshot as sql/introspect/schema.sql gives it, with ' for " so that one can read it. */
static const char rest_schema_quoted[] =
    "{'schemas':['public','other'],'types':['text','_int4','mood'],'reads_request':false,"
    "'handlers':["
    "{'schema':'public','name':'primes_png','target_schema':'public','target':'primes',"
    "'type':'image/png'},"
    "{'schema':'public','name':'loose_any','target_schema':'public','target':'loose',"
    "'type':'*/*'},"
    "{'schema':'public','name':'text/plain','target_schema':'public','target':'add',"
    "'type':'text/plain'},"
    "{'schema':'ext','name':'rows_tsv','target_schema':null,'target':null,'type':'text/tsv'}],"
    "'relations':["
    "{'schema':'public','name':'primes','oid':1,'kind':'table','insertable':true,"
    "'updatable':true,'deletable':true,'columns':["
    "{'name':'id','number':1,'type':'bigint','required':true},"
    "{'name':'form','number':2,'type':'text'},"
    "{'name':'digits','number':3,'type':'bigint','default':'7'},"
    "{'name':'data','number':4,'type':'jsonb'},{'name':'tags','number':5,'type':'text[]'},"
    "{'name':'a\\'b','number':6,'type':'text'}],"
    "'fields':[{'name':'label','type':'text'}],"
    "'keys':[{'name':'primes_pkey','primary':true,'columns':['id']}]},"
    "{'schema':'public','name':'loose','kind':'view','insertable':false,'updatable':false,"
    "'deletable':false,'columns':[{'name':'a','type':'integer'}],'keys':[]},"
    "{'schema':'public','name':'phases','oid':2,'kind':'table','insertable':true,'updatable':true,"
    "'deletable':true,'columns':[{'name':'id','number':1,'type':'integer'},"
    "{'name':'prime','number':2,'type':'bigint'},{'name':'name','number':3,'type':'text'},"
    "{'name':'size','number':4,'type':'integer'}],"
    "'keys':[{'name':'phases_pkey','primary':true,'columns':['id']}]},"
    "{'schema':'public','name':'people','oid':3,'kind':'table','columns':"
    "[{'name':'id','number':1,'type':'integer'},{'name':'name','number':2,'type':'text'}],"
    "'keys':[{'name':'people_pkey','primary':true,'columns':['id']}]},"
    "{'schema':'public','name':'finders','oid':4,'kind':'table','columns':"
    "[{'name':'prime','number':1,'type':'bigint'},{'name':'person','number':2,'type':'integer'}],"
    "'keys':[{'name':'finders_pkey','primary':true,'columns':['prime','person']}]}],"
    "'links':["
    "{'name':'phase_prime','table':2,'numbers':[2],'foreign_table':1,'foreign_numbers':[1]},"
    "{'name':'finder_prime','table':4,'numbers':[1],'foreign_table':1,'foreign_numbers':[1]},"
    "{'name':'finder_person','table':4,'numbers':[2],'foreign_table':3,'foreign_numbers':[1]}],"
    "'computed':["
    "{'schema':'public','name':'twins','from':1,'to':1,'one':false},"
    "{'schema':'public','name':'opening','from':1,'to':2,'one':true}],"
    "'routines':["
    "{'schema':'public','name':'add','volatile':false,'set':false,'variadic':false,"
    "'result':'scalar','type':'integer','columns':null,'parameters':["
    "{'name':'a','type':'integer','required':true,'variadic':false},"
    "{'name':'b','type':'integer','required':false,'variadic':false}]},"
    "{'schema':'public','name':'list','volatile':true,'set':true,'variadic':false,"
    "'result':'composite','relation':'primes','type':'primes','columns':"
    "[{'name':'id','type':'bigint'}],'parameters':[]},"
    "{'schema':'public','name':'many','volatile':false,'set':false,'variadic':true,"
    "'result':'scalar','type':'integer','columns':null,'parameters':["
    "{'name':'v','type':'integer[]','required':true,'variadic':true}]},"
    "{'schema':'public','name':'gone','volatile':true,'set':false,'variadic':false,"
    "'result':'void','type':'void','columns':null,'parameters':[]},"
    "{'schema':'public','name':'whole','volatile':false,'set':false,'variadic':false,"
    "'result':'scalar','type':'json','columns':null,'parameters':["
    "{'name':'','type':'json','required':true,'variadic':false}]}]}";

/* NULL when it does not load, *why saying so. */
static inline const struct schema *rest_schema(arena *mem, str *why)
{
    char *json = h2o_mem_alloc_pool(mem, sizeof(rest_schema_quoted));

    for (size_t i = 0; i < sizeof(rest_schema_quoted); i++)
        json[i] = (char)(rest_schema_quoted[i] == '\'' ? '"' : rest_schema_quoted[i]);
    return schema_load(mem, str_from(json), why);
}

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
