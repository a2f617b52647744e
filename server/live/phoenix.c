/* See phoenix.h. */
#include "live/phoenix.h"

#include "base/json.h"
#include "live/bytes.h"

enum { KIND_PUSH = 3, KIND_BROADCAST = 4, NAME_MAX_BYTES = 255, HEAD_BYTES = 7 };

bool vsn_read(str text, enum vsn *vsn)
{
    *vsn = str_starts(text, STR("2.0.")) ? VSN_2 : VSN_1;
    return text.len == 0 || str_starts(text, STR("1.0.")) || str_starts(text, STR("2.0."));
}

/* ---- reading ---- */

static bool read_text(arena *mem, str value, str *text)
{
    if (json_kind_of(value) != JSON_STRING)
        return false;
    *text = json_unquote(mem, value);
    return true;
}

/* References are strings or null; anything else is treated as absent. */
static str read_ref(str value)
{
    return json_kind_of(value) == JSON_STRING ? value : STR("null");
}

static bool read_array(arena *mem, str text, struct frame *frame)
{
    struct json_walk walk;
    str fields[5], key;
    int count = 0;

    if (json_walk_open(&walk, text) != JSON_ARRAY)
        return false;
    while (count < 5 && json_walk_next(&walk, &key, &fields[count]))
        count++;
    if (count < 5 || json_walk_next(&walk, &key, &key))
        return false;
    frame->join_ref = read_ref(fields[0]);
    frame->ref = read_ref(fields[1]);
    frame->payload = fields[4];
    return read_text(mem, fields[2], &frame->topic) && read_text(mem, fields[3], &frame->event);
}

static bool read_object(arena *mem, str text, struct frame *frame)
{
    struct json_walk walk;
    str quoted, value;

    if (json_walk_open(&walk, text) != JSON_OBJECT)
        return false;
    while (json_walk_next(&walk, &quoted, &value)) {
        str key = json_unquote(mem, quoted);
        if (str_eq(key, STR("topic")) && !read_text(mem, value, &frame->topic))
            return false;
        if (str_eq(key, STR("event")) && !read_text(mem, value, &frame->event))
            return false;
        if (str_eq(key, STR("payload")))
            frame->payload = value;
        if (str_eq(key, STR("ref")))
            frame->ref = read_ref(value);
        if (str_eq(key, STR("join_ref")))
            frame->join_ref = read_ref(value);
    }
    return frame->topic.at != NULL && frame->event.at != NULL;
}

bool frame_read(arena *mem, enum vsn vsn, str text, struct frame *frame)
{
    *frame = (struct frame){
        .join_ref = STR("null"), .ref = STR("null"), .payload = STR("{}"), .metadata = STR("")};
    if (json_check(text) == JSON_INVALID)
        return false;
    return vsn == VSN_2 ? read_array(mem, text, frame) : read_object(mem, text, frame);
}

/* A reference in a binary frame is bare text; in JSON it has quotes. */
static str quote_ref(arena *mem, str ref)
{
    struct buf quoted;

    if (ref.len == 0)
        return STR("null");
    buf_init(&quoted, mem, ref.len * 6 + 2);
    json_put_string(&quoted, ref);
    return buf_str(&quoted);
}

/* kind, five lengths, encoding; then the texts in the same order, then the payload. */
bool frame_read_binary(arena *mem, str bytes, struct frame *frame)
{
    struct bytes in = {.rest = bytes};
    size_t lens[5];

    *frame = (struct frame){.user_broadcast = true};
    if (bytes_number(&in, 1) != KIND_PUSH)
        return false;
    for (int i = 0; i < 5; i++)
        lens[i] = bytes_number(&in, 1);
    frame->binary = bytes_number(&in, 1) == 0;
    frame->join_ref = quote_ref(mem, bytes_take(&in, lens[0]));
    frame->ref = quote_ref(mem, bytes_take(&in, lens[1]));
    frame->topic = bytes_take(&in, lens[2]);
    frame->event = bytes_take(&in, lens[3]);
    frame->metadata = bytes_take(&in, lens[4]);
    frame->payload = in.rest;
    str names = {bytes.at, bytes.len - in.rest.len};
    if (memchr(str_skip(names, HEAD_BYTES).at, '\0', str_skip(names, HEAD_BYTES).len) != NULL)
        return false; /* nothing that PostgreSQL or we name has one */
    return !in.lacking && (frame->binary || json_check(frame->payload) != JSON_INVALID);
}

/* ---- writing ---- */

static str or_null(str ref)
{
    return ref.at == NULL ? STR("null") : ref;
}

static void put_array(struct buf *buf, const struct out *out)
{
    buf_putc(buf, '[');
    buf_put(buf, or_null(out->join_ref));
    buf_putc(buf, ',');
    buf_put(buf, or_null(out->ref));
    buf_putc(buf, ',');
    json_put_string(buf, out->topic);
    buf_putc(buf, ',');
    json_put_string(buf, out->event);
    buf_putc(buf, ',');
    buf_put(buf, out->payload);
    buf_putc(buf, ']');
}

static void put_object(struct buf *buf, const struct out *out)
{
    buf_put(buf, STR("{\"topic\":"));
    json_put_string(buf, out->topic);
    buf_put(buf, STR(",\"event\":"));
    json_put_string(buf, out->event);
    buf_put(buf, STR(",\"payload\":"));
    buf_put(buf, out->payload);
    buf_put(buf, STR(",\"ref\":"));
    buf_put(buf, or_null(out->ref));
    buf_putc(buf, '}');
}

struct message *frame_write(arena *mem, enum vsn vsn, const struct out *out)
{
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    if (vsn == VSN_2)
        put_array(&buf, out);
    else
        put_object(&buf, out);
    struct message *message = message_new(MESSAGE_TEXT, buf_str(&buf));
    message->stays = out->stays;
    return message;
}

static struct message *write_kind_4(arena *mem, const struct user_broadcast *from)
{
    struct buf buf;

    if (from->topic.len > NAME_MAX_BYTES || from->event.len > NAME_MAX_BYTES ||
        from->meta.len > NAME_MAX_BYTES)
        return NULL;
    buf_init(&buf, mem, SIZE_MAX);
    buf_putc(&buf, KIND_BROADCAST);
    buf_putc(&buf, (char)from->topic.len);
    buf_putc(&buf, (char)from->event.len);
    buf_putc(&buf, (char)from->meta.len);
    buf_putc(&buf, from->binary ? 0 : 1);
    buf_put(&buf, from->topic);
    buf_put(&buf, from->event);
    buf_put(&buf, from->meta);
    buf_put(&buf, from->payload);
    return message_new(MESSAGE_BINARY, buf_str(&buf));
}

struct message *frame_write_broadcast(arena *mem, enum vsn vsn, const struct user_broadcast *from)
{
    struct buf payload;

    if (vsn == VSN_2)
        return write_kind_4(mem, from);
    if (from->binary)
        return NULL;
    buf_init(&payload, mem, SIZE_MAX);
    buf_put(&payload, STR("{\"event\":"));
    json_put_string(&payload, from->event);
    buf_put(&payload, STR(",\"payload\":"));
    buf_put(&payload, from->payload);
    buf_put(&payload, STR(",\"type\":\"broadcast\""));
    if (from->meta.len > 0) {
        buf_put(&payload, STR(",\"meta\":"));
        buf_put(&payload, from->meta);
    }
    buf_putc(&payload, '}');
    const struct out out = {
        .topic = from->topic, .event = STR("broadcast"), .payload = buf_str(&payload)};
    return frame_write(mem, vsn, &out);
}
