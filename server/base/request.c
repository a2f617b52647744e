/* See request.h. */
#include "base/request.h"

str request_header(const struct request *req, str name)
{
    for (size_t i = 0; i < req->nheaders; i++)
        if (str_eq(req->headers[i].name, name))
            return req->headers[i].value;
    return (str){NULL, 0};
}

str request_path_value(const struct request *req, str name)
{
    for (int i = 0; i < req->npath_values; i++)
        if (str_eq(req->path_values[i].name, name))
            return req->path_values[i].value;
    return (str){NULL, 0};
}
