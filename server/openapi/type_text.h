/* A type's name as the catalogue writes it, taken apart: api."Mood"[] */
#ifndef OPENAPI_TYPE_TEXT_H
#define OPENAPI_TYPE_TEXT_H

#include "base/arena.h"

struct type_text {
    str schema; /* absent: of PostgreSQL itself */
    str name;   /* without quotes, brackets and length */
    bool array;
};

struct type_text type_text_read(arena *mem, str type);

#endif
