/* See buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_ROOM = 256 };

void buf_init(struct buf *buf, arena *mem, size_t cap)
{
    *buf = (struct buf){.mem = mem, .cap = cap};
}

bool buf_room(struct buf *buf, size_t more)
{
    if (buf->full || more > buf->cap - buf->len) {
        buf->full = true;
        buf->room = buf->len;
        return false;
    }
    size_t need = buf->len + more;
    if (need <= buf->room)
        return true;
    size_t room = buf->room > 0 ? buf->room * 2 : FIRST_ROOM;
    if (room < need)
        room = need;
    if (room > buf->cap)
        room = buf->cap;
    char *bigger = h2o_mem_alloc_pool(buf->mem, room);
    if (buf->len > 0)
        memcpy(bigger, buf->at, buf->len);
    buf->at = bigger;
    buf->room = room;
    return true;
}

void buf_put_more(struct buf *buf, str text)
{
    if (text.at == NULL || text.len == 0)
        return;
    if (!buf_room(buf, text.len))
        return;
    memcpy(buf->at + buf->len, text.at, text.len);
    buf->len += text.len;
}

void buf_put_int(struct buf *buf, int64_t number)
{
    enum { DIGITS_MAX = 20 };
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        digits[--at] = '-';
    buf_put(buf, (str){digits + at, DIGITS_MAX - at});
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    char line[256];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof(line)) {
        buf_put(buf, (str){line, (size_t)len});
    } else if (len >= 0) {
        char *at = h2o_mem_alloc_pool(buf->mem, (size_t)len + 1);
        vsnprintf(at, (size_t)len + 1, format, again);
        buf_put(buf, (str){at, (size_t)len});
    }
    va_end(again);
}
