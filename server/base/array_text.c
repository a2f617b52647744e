/* See array_text.h. */
#include "base/array_text.h"

void array_text_put(struct buf *buf, str element)
{
    buf_put(buf, buf->len > 1 ? STR(",\"") : STR("\""));
    for (size_t i = 0; i < element.len; i++) {
        if (element.at[i] == '"' || element.at[i] == '\\')
            buf_putc(buf, '\\');
        buf_putc(buf, element.at[i]);
    }
    buf_putc(buf, '"');
}
