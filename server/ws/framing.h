/* The frames that come from a WebSocket client, read piece by piece as the bytes come: pure,
 * fuzzed. Frames that are sent are whole messages, see base/message.h. Source: RFC 6455 5.2
 * (frames), 5.4 (fragments), 5.5 (control frames), 7.4.1 (codes). */
#ifndef WS_FRAMING_H
#define WS_FRAMING_H

#include "base/message.h"

enum { FRAMING_HEAD_MAX = 14, FRAMING_CONTROL_MAX = 125 };

/* Where in a frame a client is. Starts as zeros. */
struct framing {
    unsigned char head[FRAMING_HEAD_MAX], have; /* what has come of a frame's head */
    unsigned char message; /* the kind of the message that has begun; 0: none */
    unsigned char ncontrol;
    char control[FRAMING_CONTROL_MAX]; /* what has come of a control frame */
    bool inside;                       /* the head is whole */
    uint64_t left, at;                 /* of the frame's payload */
};

enum framing_event {
    FRAMING_MORE, /* all bytes are taken, nothing is to be done */
    FRAMING_DATA, /* a piece of a message */
    FRAMING_PING,
    FRAMING_PONG,
    FRAMING_CLOSE,
    FRAMING_BAD /* against the protocol: close with 1002, and read no more */
};
struct framing_piece {
    str bytes; /* of DATA, in the bytes that were given; else in the framing */
    enum message_kind kind;
    bool frame_ends, message_ends;
};

/* Takes bytes until there is something to be done; unmasks them where they are. Call it again with
 * the rest: FRAMING_MORE comes last. */
enum framing_event framing_read(struct framing *framing, char **at, size_t *len,
                                struct framing_piece *piece);

/* The code that a client closes with: that of its frame, 1000 without one; 1002 or 1007 if the
 * frame is wrong. */
int framing_close_code(str payload);

bool framing_text_is_good(str text); /* UTF-8 */

#endif
