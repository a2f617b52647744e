/* Any bytes as frames of a WebSocket client: cut at any place they say the same, and what is handed
 * out lies in what was given. The first byte says where they are cut. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "ws/framing.h"

struct heard {
    uint64_t hash;
    size_t bytes, events;
};

static void hear(struct heard *heard, enum framing_event event, const struct framing_piece *piece)
{
    if (event == FRAMING_DATA) {
        for (size_t i = 0; i < piece->bytes.len; i++)
            heard->hash = str_hash((str){piece->bytes.at + i, 1}, heard->hash);
        heard->bytes += piece->bytes.len;
        heard->events += piece->frame_ends + piece->message_ends;
    } else if (event != FRAMING_MORE) {
        heard->hash = str_hash(piece->bytes, heard->hash + (uint64_t)event);
        heard->events++;
    }
}

/* In pieces of this many bytes. */
static struct heard hear_all(const uint8_t *data, size_t size, size_t step)
{
    struct framing framing = {.have = 0};
    struct heard heard = {.hash = STR_HASH_SEED};
    char *copy = malloc(size + 1);

    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    for (size_t from = 0; from < size; from += step) {
        char *at = copy + from;
        size_t len = size - from < step ? size - from : step;
        enum framing_event event = FRAMING_DATA;
        while (event != FRAMING_MORE) {
            struct framing_piece piece;
            event = framing_read(&framing, &at, &len, &piece);
            assert(event != FRAMING_DATA || piece.bytes.len == 0 ||
                   (piece.bytes.at >= copy + from && piece.bytes.at + piece.bytes.len == at));
            assert(event == FRAMING_DATA || piece.bytes.len <= FRAMING_CONTROL_MAX);
            hear(&heard, event, &piece);
            if (event == FRAMING_CLOSE)
                assert(framing_close_code(piece.bytes) >= 1000);
            if (event == FRAMING_BAD) {
                free(copy);
                return heard;
            }
        }
        assert(len == 0);
    }
    free(copy);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct heard whole = hear_all(data + 1, size - 1, size);
    struct heard cut = hear_all(data + 1, size - 1, (size_t)data[0] % 16 + 1);
    assert(whole.hash == cut.hash && whole.bytes == cut.bytes && whole.events == cut.events);
    return 0;
}
