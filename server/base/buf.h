/* Growing bytes in an arena, with a cap. The first failure sticks: later puts
 * do nothing, so a writer checks once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdint.h>

#include "base/arena.h"

struct buf {
    arena *mem;
    char *at;
    size_t len, room, cap; /* room: of `at`; no more than len once it is full */
    bool full;
};

void buf_init(struct buf *buf, arena *mem, size_t cap);

/* Room for `more` bytes at buf->at + buf->len, for who writes them himself and then adds what he
 * has written to buf->len. False: it is full. */
bool buf_room(struct buf *buf, size_t more);

/* Absent text, or what there may be no room for yet. */
void buf_put_more(struct buf *buf, str text);
void buf_put_int(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_put(struct buf *buf, str text)
{
    if (text.at == NULL || text.len >= buf->room - buf->len) {
        buf_put_more(buf, text);
        return;
    }
    memcpy(buf->at + buf->len, text.at, text.len);
    buf->len += text.len;
}

static inline void buf_putc(struct buf *buf, char byte)
{
    buf_put(buf, (str){&byte, 1});
}

static inline str buf_str(const struct buf *buf)
{
    return (str){buf->at == NULL ? "" : buf->at, buf->len};
}

#endif
