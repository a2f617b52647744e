/* See gate.h. */
#include "auth/gate.h"

void gate_init(struct gate *gate, int inside_max, int waiting_max)
{
    *gate = (struct gate){.inside_max = inside_max, .waiting_max = waiting_max};
    list_init(&gate->bench);
}

static void leave(void *arg)
{
    gate_leave(arg);
}

static void let_in(struct ticket *ticket)
{
    ticket->inside = true;
    ticket->gate->inside++;
    ticket->enter(ticket->arg);
}

bool gate_enter(struct gate *gate, arena *mem, struct ticket *ticket)
{
    bool free = gate->inside < gate->inside_max;

    if (!free && gate->waiting == gate->waiting_max)
        return false;
    ticket->gate = gate;
    arena_on_death(mem, leave, ticket);
    if (free) {
        let_in(ticket);
        return true;
    }
    list_append(&gate->bench, &ticket->node);
    gate->waiting++;
    return true;
}

static void call_next(struct gate *gate)
{
    if (list_empty(&gate->bench) || gate->inside >= gate->inside_max)
        return;
    struct ticket *next = LIST_ENTRY(gate->bench.next, struct ticket, node);
    list_remove(&next->node);
    gate->waiting--;
    let_in(next);
}

void gate_leave(struct ticket *ticket)
{
    struct gate *gate = ticket->gate;

    if (ticket->left)
        return;
    ticket->left = true;
    if (!ticket->inside) {
        list_remove(&ticket->node);
        gate->waiting--;
        return;
    }
    gate->inside--;
    call_next(gate);
}
