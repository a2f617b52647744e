/* See writer.h. */
#include "base/writer.h"

#include "base/json.h"

void writer_init(struct writer *writer, arena *mem, size_t cap)
{
    *writer = (struct writer){.follows = false};
    buf_init(&writer->out, mem, cap);
}

static void put_comma(struct writer *writer)
{
    if (writer->follows)
        buf_putc(&writer->out, ',');
    writer->follows = true;
}

void writer_open(struct writer *writer, char bracket)
{
    put_comma(writer);
    buf_putc(&writer->out, bracket);
    writer->follows = false;
}

void writer_close(struct writer *writer, char bracket)
{
    buf_putc(&writer->out, bracket);
    writer->follows = true;
}

void writer_key(struct writer *writer, str name)
{
    put_comma(writer);
    json_put_string(&writer->out, name.at == NULL ? STR("") : name);
    buf_putc(&writer->out, ':');
    writer->follows = false;
}

void writer_string(struct writer *writer, str text)
{
    put_comma(writer);
    json_put_string(&writer->out, text);
}

void writer_json(struct writer *writer, str json)
{
    put_comma(writer);
    buf_put(&writer->out, json);
}

void writer_member(struct writer *writer, str name, str text)
{
    if (text.at == NULL)
        return;
    writer_key(writer, name);
    writer_string(writer, text);
}

void writer_flag(struct writer *writer, str name, bool flag)
{
    writer_key(writer, name);
    writer_json(writer, flag ? STR("true") : STR("false"));
}

void writer_open_member(struct writer *writer, str name, char bracket)
{
    writer_key(writer, name);
    writer_open(writer, bracket);
}
