/* Loads libcurl; see library.h. */
#include "fetch/library.h"

#include <dlfcn.h>

static bool find_functions(struct curl *curl, void *library)
{
    const struct {
        const char *name;
        void *function; /* where its address goes; ISO C has no other way than through bytes */
    } names[] = {
        {"curl_global_init",         &curl->global_init        },
        {"curl_easy_init",           &curl->easy_init          },
        {"curl_easy_setopt",         &curl->easy_setopt        },
        {"curl_easy_perform",        &curl->easy_perform       },
        {"curl_easy_getinfo",        &curl->easy_getinfo       },
        {"curl_easy_cleanup",        &curl->easy_cleanup       },
        {"curl_easy_strerror",       &curl->easy_strerror      },
        {"curl_slist_append",        &curl->slist_append       },
        {"curl_slist_free_all",      &curl->slist_free_all     },
        {"curl_multi_init",          &curl->multi_init         },
        {"curl_multi_setopt",        &curl->multi_setopt       },
        {"curl_multi_add_handle",    &curl->multi_add_handle   },
        {"curl_multi_remove_handle", &curl->multi_remove_handle},
        {"curl_multi_socket_action", &curl->multi_socket_action},
        {"curl_multi_info_read",     &curl->multi_info_read    },
        {"curl_multi_assign",        &curl->multi_assign       },
        {"curl_multi_cleanup",       &curl->multi_cleanup      },
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        void *found = dlsym(library, names[i].name);
        if (found == NULL)
            return false;
        memcpy(names[i].function, &found, sizeof(found));
    }
    return true;
}

/* Opening it again only counts. libcurl 7.84 and later may be started from several threads. */
bool curl_load(struct curl *curl, str *why)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_NODELETE);

    if (library != NULL && find_functions(curl, library) &&
        curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        return true;
    *why = STR("libcurl 4 cannot be loaded");
    return false;
}
