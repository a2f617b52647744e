/* See demo_keys.h. */
#include "cli/demo_keys.h"

#include <fcntl.h>
#include <unistd.h>

#include "auth/api_key.h"
#include "cli/api_key.h"

enum { KEY_BYTES_MAX = 64 };

static bool is_whole(str key, enum api_key_kind kind, arena *mem)
{
    return api_key_looks(key) && key.len == api_key_make(mem, kind).len;
}

/* The key of the file, or a new one that is in it from now on. */
static str keep(arena *mem, const char *path, enum api_key_kind kind)
{
    char text[KEY_BYTES_MAX];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));
    str key = arena_copy(mem, (str){text, len < 0 ? 0 : (size_t)len});

    if (fd < 0)
        return (str){NULL, 0};
    if (!is_whole(key, kind, mem)) {
        key = api_key_make(mem, kind);
        if (ftruncate(fd, 0) != 0 || pwrite(fd, key.at, key.len, 0) != (ssize_t)key.len)
            key = (str){NULL, 0};
    }
    close(fd);
    return key;
}

bool demo_keys_make(const struct cluster *cluster, str url, struct demo_keys *keys, str *why)
{
    const struct {
        const char *file;
        enum api_key_kind kind;
        struct api_key_order order;
        str *key;
    } all[] = {
        {"publishable-key",
         API_KEY_PUBLISHABLE, {.kind = STR_ROW("publishable"), .name = STR_ROW("demo page"), .role = STR_ROW("anon")},
         &keys->publishable},
        {"secret-key",
         API_KEY_SECRET,      {.kind = STR_ROW("secret"),
          .name = STR_ROW("demo server"),
          .role = STR_ROW("service_role")},
         &keys->secret     },
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const char *path = cluster_file(cluster, all[i].file).at;
        *all[i].key = keep(cluster->mem, path, all[i].kind);
        if (all[i].key->at == NULL) {
            *why = arena_printf(cluster->mem, "cannot keep a key in %s", path);
            return false;
        }
        if (!api_key_keep(cluster->mem, url, &all[i].order, *all[i].key, why))
            return false;
    }
    return true;
}
