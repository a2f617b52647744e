/* server/ws/queue.c: messages that wait, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ws/queue.h"

/* Puts a message of one letter; a small one may be lost, an 'S' stays. */
static void put(struct queue *queue, char letter)
{
    struct message *message = message_new(MESSAGE_TEXT, (str){&letter, 1});

    message->droppable = letter >= 'a';
    message->stays = letter == 'S';
    queue_put(queue, message);
    message_unref(&message);
}

/* Steps: a letter is put, '<' takes the first, '!' drops what may be lost, '?' loses all but what
 * stays, if that is at most two messages, '-' sends one byte of three, '0' clears. */
static void what_waits_leaves_in_order(void **state)
{
    static const struct {
        const char *steps, *left;
    } cases[] = {
        {"",                     ""          },
        {"ABC",                  "ABC"       },
        {"AB<C",                 "BC"        },
        {"AbCd!",                "AC"        },
        {"ab!",                  ""          },
        {"ABCDEFGHIJ",           "ABCDEFGHIJ"},
        {"ABCDEF<<<<<GHIJKLMN",  "FGHIJKLMN" },
        {"ABCDEF<<<<<gHiJkLmN!", "FHJLN"     },
        {"ABCDEFGH<<<<<<<<IJ",   "IJ"        },
        {"AB0C",                 "C"         },
        {"AbS?C",                "SC"        },
        {"ASBS?",                "SS"        },
        {"SSS?C",                "C"         },
        {"S!S0",                 ""          },
        {"AB---",                "B"         },
        {"AB------",             ""          },
        {"ab-!",                 "a"         },
        {"Ab-c--!",              ""          },
        {"AB-C?S",               "AS"        },
        {"A-SSS?B",              "AB"        },
        {"Ab-<!C",               "C"         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct queue queue = {0};
        size_t bytes = 0;
        for (const char *step = cases[i].steps; *step != '\0'; step++) {
            if (*step == '<')
                queue_take(&queue);
            else if (*step == '!')
                queue_drop(&queue);
            else if (*step == '-')
                queue_sent(&queue, 1);
            else if (*step == '?')
                queue_lose(&queue, 2 * 3);
            else if (*step == '0')
                queue_clear(&queue);
            else
                put(&queue, *step);
        }
        assert_int_equal(queue.count, strlen(cases[i].left));
        for (const char *left = cases[i].left; *left != '\0'; left++)
            bytes += 3; /* two of the frame's head */
        assert_int_equal(queue.bytes, bytes);
        for (const char *left = cases[i].left; *left != '\0'; left++) {
            assert_int_equal(message_payload(queue_first(&queue)).at[0], *left);
            queue_take(&queue);
        }
        assert_null(queue_first(&queue));
        assert_null(queue.ring); /* nothing waits, nothing is held */
    }
}

static void a_message_in_several_queues_is_counted_once(void **state)
{
    struct message_meter meter = {0};
    struct queue one = {.meter = &meter}, two = {.meter = &meter};
    struct message *message = message_new(MESSAGE_TEXT, STR("abc"));

    (void)state;
    queue_put(&one, message);
    queue_put(&two, message);
    queue_put(&two, message);
    put(&two, 'a');
    assert_int_equal(atomic_load(&meter.waiting), 5 + 3);
    queue_drop(&two);
    assert_int_equal(atomic_load(&meter.waiting), 5);
    queue_clear(&two);
    assert_int_equal(atomic_load(&meter.waiting), 5);
    queue_take(&one);
    assert_int_equal(atomic_load(&meter.waiting), 0);
    assert_ptr_equal(one.meter, &meter); /* an empty queue still knows it */
    message_unref(&message);
}

static void a_connection_ends_with_a_code_and_a_reason(void **state)
{
    struct message *message = message_new_close(1013, STR("too slow"));

    (void)state;
    assert_memory_equal(message->bytes, "\x88\x0a\x03\xf5too slow", 12);
    assert_int_equal(message->len, 12);
    message_unref(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_in_several_queues_is_counted_once),
        cmocka_unit_test(a_connection_ends_with_a_code_and_a_reason),
        cmocka_unit_test(what_waits_leaves_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
