/* See framing.h. */
#include "ws/framing.h"

#include "base/url.h"

enum { MASK_BYTES = 4, SHORT_MAX = 125, LEN_2 = 126, LEN_8 = 127, CODE_BYTES = 2 };
enum { KIND_PIECE = 0, KIND_PING = 9, KIND_PONG = 10 };
enum { FIRST_CONTROL = 8, CLOSE_NORMAL = 1000, CLOSE_PROTOCOL = 1002, CLOSE_NOT_UTF8 = 1007 };

static unsigned kind_of(const struct framing *framing)
{
    return framing->head[0] & 0x0f;
}

static bool is_final(const struct framing *framing)
{
    return (framing->head[0] & 0x80) != 0;
}

static size_t short_length(const struct framing *framing)
{
    return framing->head[1] & 0x7f;
}

/* ---- the head ---- */

/* By its first two bytes; no extension has been agreed on, so that no reserved bit means anything.
 */
static bool is_allowed(const struct framing *framing)
{
    unsigned kind = kind_of(framing);
    bool masked = (framing->head[1] & 0x80) != 0;

    if (!masked || (framing->head[0] & 0x70) != 0)
        return false;
    if (kind >= FIRST_CONTROL)
        return kind <= KIND_PONG && is_final(framing) && short_length(framing) <= SHORT_MAX;
    if (kind == KIND_PIECE)
        return framing->message != 0;
    return kind <= MESSAGE_BINARY && framing->message == 0;
}

static size_t extended_bytes(const struct framing *framing)
{
    size_t length = short_length(framing);
    return length == LEN_2 ? 2 : length == LEN_8 ? 8 : 0;
}

static size_t head_bytes(const struct framing *framing)
{
    return framing->have < 2 ? 2 : 2 + extended_bytes(framing) + MASK_BYTES;
}

static void begin_payload(struct framing *framing)
{
    size_t extended = extended_bytes(framing);

    framing->left = extended > 0 ? 0 : short_length(framing);
    for (size_t i = 0; i < extended; i++)
        framing->left = framing->left << 8 | framing->head[2 + i];
    framing->at = 0;
    framing->inside = true;
    framing->ncontrol = 0;
    if (kind_of(framing) == MESSAGE_TEXT || kind_of(framing) == MESSAGE_BINARY)
        framing->message = (unsigned char)kind_of(framing);
}

/* False: the frame is against the protocol. */
static bool take_head(struct framing *framing, char **at, size_t *len)
{
    while (*len > 0 && framing->have < head_bytes(framing)) {
        framing->head[framing->have++] = (unsigned char)**at;
        ++*at;
        --*len;
        if (framing->have == 2 && !is_allowed(framing))
            return false;
    }
    if (framing->have >= 2 && framing->have == head_bytes(framing))
        begin_payload(framing);
    return !framing->inside || framing->left <= INT64_MAX;
}

/* ---- the payload ---- */

static str take_payload(struct framing *framing, char **at, size_t *len)
{
    const unsigned char *mask = framing->head + head_bytes(framing) - MASK_BYTES;
    size_t take = framing->left < *len ? (size_t)framing->left : *len;
    char *bytes = *at;

    for (size_t i = 0; i < take; i++)
        bytes[i] = (char)((unsigned char)bytes[i] ^ mask[(framing->at + i) % MASK_BYTES]);
    framing->at += take;
    framing->left -= take;
    *at += take;
    *len -= take;
    return (str){bytes, take};
}

static void end_frame(struct framing *framing)
{
    framing->inside = false;
    framing->have = 0;
}

static enum framing_event take_data(struct framing *framing, char **at, size_t *len,
                                    struct framing_piece *piece)
{
    piece->bytes = take_payload(framing, at, len);
    piece->kind = (enum message_kind)framing->message;
    piece->frame_ends = framing->left == 0;
    piece->message_ends = piece->frame_ends && is_final(framing);
    if (piece->message_ends)
        framing->message = 0;
    if (piece->frame_ends)
        end_frame(framing);
    return FRAMING_DATA;
}

static enum framing_event take_control(struct framing *framing, char **at, size_t *len,
                                       struct framing_piece *piece)
{
    static const enum framing_event events[] = {FRAMING_CLOSE, FRAMING_PING, FRAMING_PONG};
    str bytes = take_payload(framing, at, len);

    if (bytes.len > 0)
        memcpy(framing->control + framing->ncontrol, bytes.at, bytes.len);
    framing->ncontrol = (unsigned char)(framing->ncontrol + bytes.len);
    if (framing->left > 0)
        return FRAMING_MORE;
    end_frame(framing);
    piece->bytes = (str){framing->control, framing->ncontrol};
    return events[kind_of(framing) - FIRST_CONTROL];
}

enum framing_event framing_read(struct framing *framing, char **at, size_t *len,
                                struct framing_piece *piece)
{
    *piece = (struct framing_piece){
        .bytes = {NULL, 0}
    };
    if (!framing->inside && !take_head(framing, at, len))
        return FRAMING_BAD;
    if (!framing->inside || (*len == 0 && framing->left > 0))
        return FRAMING_MORE;
    return kind_of(framing) >= FIRST_CONTROL ? take_control(framing, at, len, piece)
                                             : take_data(framing, at, len, piece);
}

/* ---- what is in them ---- */

bool framing_text_is_good(str text)
{
    while (text.len > 0) {
        size_t length = text.at[0] == '\0' ? 1 : utf8_length(text);
        if (length == 0)
            return false;
        text = str_skip(text, length);
    }
    return true;
}

/* 1004 to 1006 and 1015 are never sent; below 3000 the others are not defined. */
static bool is_code(int code)
{
    return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
           (code >= 3000 && code <= 4999);
}

int framing_close_code(str payload)
{
    if (payload.len == 0)
        return CLOSE_NORMAL;
    if (payload.len < CODE_BYTES)
        return CLOSE_PROTOCOL;
    int code = (unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1];
    if (!is_code(code))
        return CLOSE_PROTOCOL;
    return framing_text_is_good(str_skip(payload, CODE_BYTES)) ? code : CLOSE_NOT_UTF8;
}
