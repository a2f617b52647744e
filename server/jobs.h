/* Runs the files of sql/jobs on their schedule, on the control loop: one instance at a time, by an
 * advisory lock; each run in a work thread with a connection of its own. */
#ifndef JOBS_H
#define JOBS_H

#include "base/config.h"
#include "loop/loop.h"

struct jobs;

/* done is called after each successful run with the relations that are different now. Dies when
 * a job file is wrong: they are part of the program. */
struct jobs *jobs_open(struct loop *loop, const struct config *config,
                       void (*done)(void *arg, str relations), void *arg);
void jobs_close(struct jobs **jobs);

#endif
