/* Growing bytes in an arena, with a cap. The first failure sticks: later puts
 * do nothing, so a writer checks once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdint.h>

#include "base/arena.h"

struct buf {
    arena *mem;
    char *at;
    size_t len, room, cap;
    bool full;
};

void buf_init(struct buf *buf, arena *mem, size_t cap);

/* Room for `more` bytes at buf->at + buf->len, for who writes them himself and then adds what he
 * has written to buf->len. False: it is full. */
bool buf_room(struct buf *buf, size_t more);

void buf_put(struct buf *buf, str text);
void buf_putc(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline str buf_str(const struct buf *buf)
{
    return (str){buf->at == NULL ? "" : buf->at, buf->len};
}

#endif
