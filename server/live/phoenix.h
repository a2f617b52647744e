/* The frames of realtime-js: Phoenix channels, serializer versions 1.0.0 (objects) and 2.0.0
 * (arrays, and binary broadcasts). Pure, fuzzed. Source: reference "Wire protocol", 1.2; Phoenix
 * V2.JSONSerializer; supabase/realtime RealtimeChannel serializers. */
#ifndef LIVE_PHOENIX_H
#define LIVE_PHOENIX_H

#include "base/arena.h"
#include "base/message.h"

enum vsn { VSN_1, VSN_2 };

/* "1.0.0", absent, "2.0.0" and their bug fix versions; false: no version we speak. */
bool vsn_read(str text, enum vsn *vsn);

/* A frame from a client. join_ref, ref and payload are JSON as sent (absent: "null" and "{}"), so
 * that they are echoed to the letter; topic and event are unquoted. */
struct frame {
    str join_ref, ref, topic, event, payload;
    bool user_broadcast; /* binary kind 3: event is the user's own, payload what follows */
    bool binary;         /* its payload is bytes, not JSON */
    str metadata;        /* of a user broadcast: JSON or empty */
};

/* False: not a frame. Texts are slices, or in mem. */
bool frame_read(arena *mem, enum vsn vsn, str text, struct frame *frame);
bool frame_read_binary(arena *mem, str bytes, struct frame *frame);

/* A frame for a client. join_ref and ref are JSON; absent is null. */
struct out {
    str join_ref, ref, topic, event, payload;
    bool stays; /* a client that is too slow hears this all the same */
};
struct message *frame_write(arena *mem, enum vsn vsn, const struct out *out);

/* The frame for a broadcast from user to users: kind 4 for version 2, else JSON
 * {"event","payload","type":"broadcast"[,"meta"]}. NULL: version 1 cannot carry bytes, or a name is
 * longer than the format allows. */
struct user_broadcast {
    str topic, event, payload;
    bool binary;
    str meta; /* JSON, or empty */
};
struct message *frame_write_broadcast(arena *mem, enum vsn vsn, const struct user_broadcast *from);

#endif
