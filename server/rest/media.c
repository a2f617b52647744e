/* See media.h. */
#include "rest/media.h"

#include <stdlib.h>

enum { RANGES_MAX = 32, NAMES_MAX = 4096 };

static const struct {
    str essence;
    bool stripped; /* has the parameter nulls=stripped */
    enum media media;
} table[] = {
    {STR_ROW("application/json"),                  false, MEDIA_JSON           },
    {STR_ROW("*/*"),                               false, MEDIA_JSON           },
    {STR_ROW("application/vnd.pgrst.array+json"),  false, MEDIA_JSON           },
    {STR_ROW("application/vnd.pgrst.array+json"),  true,  MEDIA_ARRAY_STRIPPED },
    {STR_ROW("application/vnd.pgrst.array"),       true,  MEDIA_ARRAY_STRIPPED },
    {STR_ROW("application/vnd.pgrst.array"),       false, MEDIA_JSON           },
    {STR_ROW("application/vnd.pgrst.object+json"), false, MEDIA_OBJECT         },
    {STR_ROW("application/vnd.pgrst.object"),      false, MEDIA_OBJECT         },
    {STR_ROW("application/vnd.pgrst.object+json"), true,  MEDIA_OBJECT_STRIPPED},
    {STR_ROW("application/vnd.pgrst.object"),      true,  MEDIA_OBJECT_STRIPPED},
    {STR_ROW("text/csv"),                          false, MEDIA_CSV            },
};

static const str types[MEDIAS] = {
    [MEDIA_JSON] = STR_ROW("application/json; charset=utf-8"),
    [MEDIA_OBJECT] = STR_ROW("application/vnd.pgrst.object+json; charset=utf-8"),
    [MEDIA_ARRAY_STRIPPED] =
        STR_ROW("application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"),
    [MEDIA_OBJECT_STRIPPED] =
        STR_ROW("application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"),
    [MEDIA_CSV] = STR_ROW("text/csv; charset=utf-8"),
};

/* One part of an Accept header. */
struct accepted {
    str name; /* as sent, without q */
    double quality;
    int position;
    bool stripped;
};

str media_type(enum media media)
{
    return types[media];
}

str media_essence(str type)
{
    str essence = type;
    str rest = type;
    if (type.at != NULL)
        str_cut(&rest, ';', &essence);
    return str_trim(essence);
}

static struct accepted read_range(arena *mem, str text, int position)
{
    struct accepted range = {.name = media_essence(text), .quality = 1, .position = position};
    str piece;

    str_cut(&text, ';', &piece);
    while (str_cut(&text, ';', &piece)) {
        piece = str_trim(piece);
        if (str_starts(piece, STR("q=")))
            range.quality = strtod(arena_cstr(mem, str_skip(piece, 2)), NULL);
        range.stripped = range.stripped || str_eq(piece, STR("nulls=stripped"));
    }
    return range;
}

static int best_first(const void *a, const void *b)
{
    const struct accepted *left = a, *right = b;
    if (left->quality != right->quality)
        return left->quality < right->quality ? 1 : -1;
    return left->position - right->position;
}

static bool find(const struct accepted *range, enum media *media)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (!str_ieq(table[i].essence, range->name) || table[i].stripped != range->stripped)
            continue;
        *media = table[i].media;
        return true;
    }
    return false;
}

static const struct fail *refuse(arena *mem, const struct accepted *ranges, int count)
{
    struct buf names;

    buf_init(&names, mem, NAMES_MAX);
    for (int i = 0; i < count; i++) {
        buf_put(&names, i > 0 ? STR(", ") : STR(""));
        buf_put(&names, ranges[i].name);
    }
    return fail_new(mem, FAIL_MEDIA_TYPE, "None of these media types are available: %.*s",
                    STR_ARG(buf_str(&names)));
}

const struct fail *media_accept(arena *mem, str accept, enum media *media)
{
    struct accepted ranges[RANGES_MAX];
    str piece;
    int count = 0;

    *media = MEDIA_JSON;
    if (accept.len == 0 || str_eq(accept, STR("application/json")) || str_eq(accept, STR("*/*")))
        return NULL; /* nearly always: no need to sort */
    while (count < RANGES_MAX && str_cut(&accept, ',', &piece)) {
        ranges[count] = read_range(mem, piece, count);
        count++;
    }
    qsort(ranges, (size_t)count, sizeof(ranges[0]), best_first);
    for (int i = 0; i < count; i++)
        if (ranges[i].quality > 0 && find(&ranges[i], media))
            return NULL;
    return refuse(mem, ranges, count);
}

enum content media_content(str content_type)
{
    static const struct {
        str essence;
        enum content content;
    } contents[] = {
        {STR_ROW("application/json"),                  CONTENT_JSON},
        {STR_ROW("application/x-www-form-urlencoded"), CONTENT_FORM},
        {STR_ROW("text/csv"),                          CONTENT_CSV },
        {STR_ROW("text/plain"),                        CONTENT_TEXT},
    };
    str essence = media_essence(content_type);

    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
        if (str_ieq(essence, contents[i].essence))
            return contents[i].content;
    return essence.len == 0 ? CONTENT_JSON : CONTENT_OTHER;
}
