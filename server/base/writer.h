/* JSON as it is written, straight into a buffer: commas and colons come by themselves. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/buf.h"

struct writer {
    struct buf out; /* out.full: the text is larger than its cap */
    bool follows;   /* a value stands before the next one in the same brackets */
};

void writer_init(struct writer *writer, arena *mem, size_t cap);

void writer_open(struct writer *writer, char bracket); /* '{' or '[' */
void writer_close(struct writer *writer, char bracket);

/* The name of the next member of an object. */
void writer_key(struct writer *writer, str name);

/* A value: a string (absent: null), or JSON text as it is. */
void writer_string(struct writer *writer, str text);
void writer_json(struct writer *writer, str json);

/* A member with its value. An absent text writes nothing at all. */
void writer_member(struct writer *writer, str name, str text);
void writer_flag(struct writer *writer, str name, bool flag);

/* The name of a member that is an object or an array, and its bracket. */
void writer_open_member(struct writer *writer, str name, char bracket);

#endif
