/* The server: the life of one request, and the life of the process. */
#ifndef SERVE_H
#define SERVE_H

#include "base/config.h"
#include "base/fail.h"
#include "base/request.h"

/* Serves one request: finds its route, admits the caller, calls the handler. */
void serve(struct request *req);

/* Answers a request with a failure. The one place where failures become answers. */
void serve_fail(struct request *req, const struct fail *fail);

/* Runs the server in the foreground until SIGTERM or SIGINT. Returns the exit status; a bad
 * setting or an unreachable database ends the process with one sentence. ready (may be NULL)
 * is called once, when requests are answered. */
int serve_main(const struct config *config, void (*ready)(void *arg), void *arg);

#endif
