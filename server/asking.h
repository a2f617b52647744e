/* Questions of the live feed to the database, through the pools: as read-only statements under the
 * role and claims of who is asked for. */
#ifndef ASKING_H
#define ASKING_H

#include "live/hub.h"

struct worker;

struct asking {
    struct worker *worker;
    int open; /* questions without an answer */
};

/* Its `done` is called once, with rows or with why there are none; the question's arena and claims
 * are given back after it. */
void asking_ask(struct asking *asking, struct question *question);

#endif
