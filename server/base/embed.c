/* See embed.h. */
#include "base/embed.h"

str embed_find(str path)
{
    for (const struct embedded *file = embedded_files; file->path != NULL; file++)
        if (str_eq(str_from(file->path), path))
            return (str){file->start, (size_t)(file->end - file->start)};
    return (str){NULL, 0};
}
