/* See keyed.h. */
#include "keyed.h"

void keyed_init(struct keyed *keyed, struct list *all, str text)
{
    list_init(&keyed->node);
    if (!api_key_looks(text))
        return;
    api_key_hash(text, keyed->hash);
    list_append(all, &keyed->node);
}

static void tell_revoked(const struct keyed *keyed)
{
    if (keyed->is_revoked && keyed->revoked != NULL)
        keyed->revoked(keyed->arg);
}

void keyed_opened(struct keyed *keyed, void (*revoked)(void *arg), void *arg)
{
    keyed->revoked = revoked;
    keyed->arg = arg;
    tell_revoked(keyed);
}

void keyed_closed(struct keyed *keyed)
{
    list_remove(&keyed->node);
}

void keyed_judge(struct list *all, const struct api_keys *keys)
{
    LIST_EACH (node, all) {
        struct keyed *keyed = LIST_ENTRY(node, struct keyed, node);
        keyed->is_revoked = !api_keys_have(keys, keyed->hash);
        tell_revoked(keyed);
    }
}
