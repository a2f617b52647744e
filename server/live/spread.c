/* See spread.h: kind and privacy, six lengths in big-endian order, six texts. A frame's text begins
 * with its kind; an absent one is empty. */
#include "live/spread.h"

#include "base/json.h"

enum { TEXTS = 6, LENGTH_BYTES = 4, HEAD_BYTES = 2 + TEXTS * LENGTH_BYTES, KIND_MASK = 15 };

static size_t frame_len(const struct message *frame)
{
    return frame == NULL ? 0 : 1 + message_payload(frame).len;
}

static void put_length(struct buf *buf, size_t len)
{
    for (int shift = 8 * (LENGTH_BYTES - 1); shift >= 0; shift -= 8)
        buf_putc(buf, (char)(len >> shift));
}

static void put_frame(struct buf *buf, const struct message *frame)
{
    if (frame == NULL)
        return;
    buf_putc(buf, (char)(frame->bytes[0] & KIND_MASK));
    buf_put(buf, message_payload(frame));
}

void spread_write(struct buf *buf, const struct spread *spread)
{
    buf_putc(buf, (char)('0' + spread->kind));
    buf_putc(buf, spread->private ? '1' : '0');
    put_length(buf, spread->topic.len);
    put_length(buf, spread->key.len);
    put_length(buf, spread->ref.len);
    put_length(buf, spread->meta.len);
    put_length(buf, frame_len(spread->frames[VSN_1]));
    put_length(buf, frame_len(spread->frames[VSN_2]));
    buf_put(buf, spread->topic);
    buf_put(buf, spread->key);
    buf_put(buf, spread->ref);
    buf_put(buf, spread->meta);
    put_frame(buf, spread->frames[VSN_1]);
    put_frame(buf, spread->frames[VSN_2]);
}

static bool cut_texts(str bytes, str texts[TEXTS])
{
    const unsigned char *head = (const unsigned char *)bytes.at + 2;
    str rest = str_skip(bytes, HEAD_BYTES);

    for (int i = 0; i < TEXTS; i++) {
        size_t len = 0;
        for (int j = 0; j < LENGTH_BYTES; j++)
            len = len << 8 | *head++;
        if (len > rest.len)
            return false;
        texts[i] = (str){rest.at, len};
        rest = str_skip(rest, len);
    }
    return rest.len == 0;
}

static struct message *frame_of(str text)
{
    if (text.len == 0)
        return NULL;
    struct message *frame = message_new((enum message_kind)text.at[0], str_skip(text, 1));
    frame->droppable = true;
    return frame;
}

static bool is_frame(str text)
{
    return text.len == 0 || text.at[0] == MESSAGE_TEXT || text.at[0] == MESSAGE_BINARY;
}

bool spread_read(str bytes, struct spread *spread)
{
    str texts[TEXTS];

    *spread = (struct spread){0};
    if (bytes.len < HEAD_BYTES || bytes.at[0] < '0' + SPREAD_BROADCAST ||
        bytes.at[0] > '0' + SPREAD_LEAVE || !cut_texts(bytes, texts))
        return false;
    spread->kind = (enum spread_kind)(bytes.at[0] - '0');
    spread->private = bytes.at[1] == '1';
    spread->topic = texts[0];
    spread->key = texts[1];
    spread->ref = texts[2];
    spread->meta = texts[3];
    if (!is_frame(texts[4]) || !is_frame(texts[5]))
        return false;
    if (spread->kind != SPREAD_BROADCAST && json_check(spread->meta) != JSON_OBJECT)
        return false; /* it is put into JSON as it is */
    spread->frames[VSN_1] = frame_of(texts[4]);
    spread->frames[VSN_2] = frame_of(texts[5]);
    return true;
}

void spread_release(struct spread *spread)
{
    message_unref(&spread->frames[VSN_1]);
    message_unref(&spread->frames[VSN_2]);
}
