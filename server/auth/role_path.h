/* Where the claims of a token name the role: a query as RFC 9535 (JSONPath) writes it, or
 * PostgREST's older path. Read once with the settings.
 *
 *   $.role   $['app metadata'].roles[0]   $.roles[-1]   $..role   $.roles[*]   $.roles[1:3]
 *   $.roles[?@ == "editor" || search(@, "^adm")]   $.grants[?@.app == "shop"].role
 *   $.teams[?length(@.name) < 9 && count(@.members.*) > 1].role   $[?value(@..app) == "shop"].role
 *   .role    ."https://example.org/roles"[0].value      .roles[?(@ ^== "app_")]
 *
 * That is all of RFC 9535. Regular expressions of search() and match() are POSIX extended ones,
 * which differ from RFC 9485 in \p{...} only. The older path may end in one filter: == != ^==
 * (starts with) ==^ (ends with) *== (contains). */
#ifndef AUTH_ROLE_PATH_H
#define AUTH_ROLE_PATH_H

#include <jansson.h>

#include "base/arena.h"

enum { PATH_BYTES_MAX = 1024, PATH_PARTS_MAX = 64, PATH_DEPTH_MAX = 8 };

struct role_path;

/* NULL with a sentence in *why that names JWT_ROLE_CLAIM_KEY. An absent text is "$.role". */
const struct role_path *role_path_parse(arena *mem, str text, str *why);

/* The first value the query selects, in the order of the document; NULL: none. */
const json_t *role_path_find(const struct role_path *path, const json_t *claims);

bool role_path_is_old(const struct role_path *path); /* PostgREST's older syntax */

#endif
