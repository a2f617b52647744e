/* The admin listener: what an operator's machine asks, on an address of its own, so that it need
 * not be open to the world. Source: PostgREST "Admin Server". */
#ifndef ADMIN_H
#define ADMIN_H

#include "base/request.h"

/* Serves one request of the admin listener: /live, /ready, /metrics, /schema_cache; else 404. */
void admin_serve(struct request *req);

#endif
