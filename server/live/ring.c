/* See ring.h. */
#include "live/ring.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 };

struct entry {
    const struct change *change; /* a reference */
    int64_t came_us;
};

struct ring {
    struct ring_options options;
    struct entry *entries;     /* round: of room, a power of two; NULL while there are none */
    size_t first, count, room; /* the oldest; how many */
    size_t bytes;
    struct position from;
};

struct ring *ring_new(const struct ring_options *options)
{
    struct ring *ring = calloc(1, sizeof(*ring));

    if (ring == NULL)
        abort();
    ring->options = *options;
    return ring;
}

static struct entry *entry_at(const struct ring *ring, size_t i)
{
    return &ring->entries[(ring->first + i) & (ring->room - 1)];
}

static void drop_first(struct ring *ring)
{
    struct entry *entry = entry_at(ring, 0);

    ring->from = entry->change->position;
    ring->bytes -= entry->change->size + sizeof(*entry);
    change_unref(&entry->change);
    ring->first = (ring->first + 1) & (ring->room - 1);
    ring->count--;
}

static void drop_all(struct ring *ring)
{
    while (ring->count > 0)
        drop_first(ring);
    free(ring->entries);
    ring->entries = NULL;
    ring->first = ring->room = 0;
}

void ring_free(struct ring **ring)
{
    struct ring *last = *ring;

    *ring = NULL;
    if (last == NULL)
        return;
    drop_all(last);
    free(last);
}

void ring_start(struct ring *ring, struct position from)
{
    drop_all(ring);
    ring->from = from;
}

static void grow(struct ring *ring)
{
    size_t room = ring->room == 0 ? ROOM_FIRST : ring->room * 2;
    struct entry *entries = malloc(room * sizeof(*entries));

    if (entries == NULL)
        abort();
    for (size_t i = 0; i < ring->count; i++)
        entries[i] = *entry_at(ring, i);
    free(ring->entries);
    ring->entries = entries;
    ring->room = room;
    ring->first = 0;
}

void ring_put(struct ring *ring, const struct change *change, int64_t now_us)
{
    if (position_order(change->position, ring_end(ring)) <= 0)
        return; /* it is there already */
    if (ring->count == ring->room)
        grow(ring);
    ring->count++;
    *entry_at(ring, ring->count - 1) =
        (struct entry){.change = change_ref(change), .came_us = now_us};
    ring->bytes += change->size + sizeof(struct entry);
    while (ring->bytes > ring->options.bytes_max)
        drop_first(ring);
}

void ring_age(struct ring *ring, int64_t now_us)
{
    while (ring->count > 0 && now_us - entry_at(ring, 0)->came_us > ring->options.age_max_us)
        drop_first(ring);
    if (ring->count == 0)
        drop_all(ring); /* the room, too */
}

struct position ring_from(const struct ring *ring)
{
    return ring->from;
}

struct position ring_end(const struct ring *ring)
{
    return ring->count == 0 ? ring->from : entry_at(ring, ring->count - 1)->change->position;
}

/* How many stand at the position or before it. */
static size_t count_until(const struct ring *ring, struct position position)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (position_order(entry_at(ring, middle)->change->position, position) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t ring_take(const struct ring *ring, struct position after, const struct change **changes,
                 size_t max)
{
    size_t at = count_until(ring, after), taken = 0;

    for (; taken < max && at + taken < ring->count; taken++)
        changes[taken] = entry_at(ring, at + taken)->change;
    return taken;
}

size_t ring_bytes(const struct ring *ring)
{
    return ring->bytes;
}
