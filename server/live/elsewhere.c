/* Gateways that come and go: who was present there leaves with them; who is present here is told to
 * those that are new. */
#include "live/hub_inside.h"

static void end_all(struct hub *hub, struct topic *topic, uint64_t origin)
{
    LIST_EACH (node, &topic->present) {
        struct presence *presence = LIST_ENTRY(node, struct presence, node);
        if (presence->channel == NULL && presence->origin == origin)
            topic_end(hub, topic, presence);
    }
    topic_done(hub, topic);
}

static void tell_all(struct hub *hub, const struct topic *topic)
{
    LIST_EACH (node, &topic->present) {
        const struct presence *presence = LIST_ENTRY(node, struct presence, node);
        if (presence->channel != NULL)
            topic_tell(hub, topic, presence);
    }
}

void elsewhere_take(struct hub *hub, const struct spread *spread)
{
    TABLE_EACH(at, &hub->topics)
    {
        struct topic *topic = LIST_ENTRY(at, struct topic, node);
        if (spread->kind == SPREAD_GONE)
            end_all(hub, topic, spread->origin);
        else
            tell_all(hub, topic);
    }
}
