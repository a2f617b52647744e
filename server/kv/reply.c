/* hiredis' reader behind replies.h: its trees become struct kv_answer; lists are flat, as all that
 * we ask for is. */
#include "kv/reply.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

struct replies {
    redisReader *reader;
    redisReplyObjectFunctions fns;
    void *(*create_array)(const redisReadTask *task, int elements);
    redisReply *last;
    struct kv_answer answer;
    struct kv_answer *list;
};

/* A list is refused before memory is taken for it. NULL ends the reader with an error. */
static void *create_array(const redisReadTask *task, int elements)
{
    const struct replies *replies = task->privdata;

    return elements > KV_ANSWER_LIST_MAX ? NULL : replies->create_array(task, elements);
}

struct replies *replies_new(void)
{
    struct replies *replies = calloc(1, sizeof(struct replies));

    if (replies == NULL)
        abort();
    replies->reader = redisReaderCreate();
    if (replies->reader == NULL)
        abort();
    replies->fns = *replies->reader->fn;
    replies->create_array = replies->fns.createArray;
    replies->fns.createArray = create_array;
    replies->reader->fn = &replies->fns;
    replies->reader->privdata = replies;
    return replies;
}

static void drop_last(struct replies *replies)
{
    if (replies->last != NULL)
        freeReplyObject(replies->last);
    free(replies->list);
    replies->last = NULL;
    replies->list = NULL;
}

void replies_free(struct replies **replies)
{
    struct replies *last = *replies;

    *replies = NULL;
    if (last == NULL)
        return;
    drop_last(last);
    redisReaderFree(last->reader);
    free(last);
}

bool replies_feed(struct replies *replies, str bytes)
{
    return redisReaderFeed(replies->reader, bytes.at, bytes.len) == REDIS_OK &&
           replies->reader->len <= KV_ANSWER_MAX;
}

static struct kv_answer answer_of(const redisReply *reply)
{
    str text = {reply->str, reply->len};

    switch (reply->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return (struct kv_answer){.kind = KV_TEXT, .text = text};
    case REDIS_REPLY_INTEGER:
        return (struct kv_answer){.kind = KV_NUMBER, .number = reply->integer};
    case REDIS_REPLY_NIL:
        return (struct kv_answer){.kind = KV_NIL};
    case REDIS_REPLY_ERROR:
        return (struct kv_answer){.kind = KV_NOTHING, .text = text};
    default: /* a list in a list */
        return (struct kv_answer){.kind = KV_NOTHING};
    }
}

static void fill_list(struct replies *replies)
{
    size_t count = replies->last->elements;

    replies->list = calloc(count + 1, sizeof(struct kv_answer));
    if (replies->list == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        replies->list[i] = answer_of(replies->last->element[i]);
    replies->answer =
        (struct kv_answer){.kind = KV_LIST, .list = replies->list, .count = (int)count};
}

bool replies_next(struct replies *replies, const struct kv_answer **answer)
{
    void *reply = NULL;

    drop_last(replies);
    *answer = NULL;
    if (redisReaderGetReply(replies->reader, &reply) != REDIS_OK)
        return false;
    if (reply == NULL)
        return true;
    replies->last = reply;
    if (replies->last->type == REDIS_REPLY_ARRAY)
        fill_list(replies);
    else
        replies->answer = answer_of(replies->last);
    *answer = &replies->answer;
    return true;
}
