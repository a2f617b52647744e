/* Any bytes as a frame: what is read as one, in text of either version or in bytes, is echoed as
 * JSON that holds, with the same topic and event. */
#include <assert.h>
#include <stdint.h>

#include "base/json.h"
#include "live/phoenix.h"

static void check_echo(arena *mem, enum vsn vsn, const struct frame *frame)
{
    const struct out out = {.join_ref = frame->join_ref,
                            .ref = frame->ref,
                            .topic = frame->topic,
                            .event = frame->event,
                            .payload = frame->binary ? STR("{}") : frame->payload};
    struct message *message = frame_write(mem, vsn, &out);
    struct frame again;

    if (frame_read(mem, vsn, message_payload(message), &again)) {
        assert(json_check(again.payload) == json_check(out.payload));
        assert(str_eq(again.ref, frame->ref));
    } else { /* only nesting that the frame around it makes too deep */
        assert(json_is_deep(message_payload(message)));
    }
    message_unref(&message);
}

static void check_broadcast(arena *mem, enum vsn vsn, const struct frame *frame)
{
    const struct user_broadcast from = {.topic = frame->topic,
                                        .event = frame->event,
                                        .payload = frame->payload,
                                        .binary = frame->binary,
                                        .meta = STR("")};
    struct message *message = frame_write_broadcast(mem, vsn, &from);

    if (message == NULL) {
        assert(vsn == VSN_1 && frame->binary);
        return;
    }
    str payload = message_payload(message);
    if (vsn == VSN_2)
        assert(payload.len == 5 + frame->topic.len + frame->event.len + frame->payload.len);
    else
        assert(json_check(payload) == JSON_OBJECT || json_is_deep(payload));
    message_unref(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str bytes = arena_copy(mem, (str){(const char *)data, size});
    struct frame frame;

    for (enum vsn vsn = VSN_1; vsn <= VSN_2; vsn++)
        if (frame_read(mem, vsn, bytes, &frame))
            check_echo(mem, vsn, &frame);
    if (frame_read_binary(mem, bytes, &frame)) {
        check_echo(mem, VSN_2, &frame);
        check_broadcast(mem, VSN_1, &frame);
        check_broadcast(mem, VSN_2, &frame);
    }
    arena_close(&mem);
    return 0;
}
