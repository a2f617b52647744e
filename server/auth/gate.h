/* A door that few may pass at a time, with a bench of a fixed length before it: for work that is
 * dear, like bcrypt. Single threaded: one a worker. */
#ifndef AUTH_GATE_H
#define AUTH_GATE_H

#include "base/arena.h"
#include "base/list.h"

struct gate {
    int inside, waiting;
    int inside_max, waiting_max;
    struct list bench;
};

/* One visitor; lives in the arena that the visit ends with. */
struct ticket {
    struct list node;
    struct gate *gate;
    bool inside, left;
    void (*enter)(void *arg);
    void *arg;
};

void gate_init(struct gate *gate, int inside_max, int waiting_max);

/* Calls ticket->enter(arg) once, now or when it is the ticket's turn. The visit ends by gate_leave,
 * at the latest with the arena; who is waiting then is never called. False: the bench is full. */
bool gate_enter(struct gate *gate, arena *mem, struct ticket *ticket);
void gate_leave(struct ticket *ticket);

#endif
