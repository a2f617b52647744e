/* server/live/pgoutput.c: messages of PostgreSQL's log, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "live/pgoutput.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
#define ZERO8 "\0\0\0\0\0\0\0\0"
/* of table 1: public.notes (id int4, key; body text) */
#define RELATION "R" DESCRIBED
#define DESCRIBED                                                                                  \
    "\0\0\0\1public\0notes\0d\0\2\1id\0\0\0\0\27\377\377\377\377\0body\0\0\0\0\31\377\377\377\377"
#define BEGIN "B" ZERO8 ZERO8 "\0\0\0\1"
#define COMMIT "C\0\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\7"
#define ONE                                                                                        \
    "t\0\0\0\1"                                                                                    \
    "1"
#define X "t\0\0\0\1x"

/* What was told, as one line: "+(1,x)" an insert, "~(old)(new)" an update, "-(old)" a deletion,
 * "!" a truncation, "." the end of a transaction. */
struct told {
    char text[4096];
    size_t len;
};

static void put(struct told *told, str text)
{
    assert_true(told->len + text.len < sizeof(told->text));
    memcpy(told->text + told->len, text.at, text.len);
    told->len += text.len;
}

static void put_row(struct told *told, const struct change *change, const struct live_value *row)
{
    if (row == NULL)
        return;
    for (int i = 0; i < change->table->ncolumns; i++) {
        put(told, i == 0 ? STR("(") : STR(","));
        put(told, row[i].state == VALUE_TEXT        ? row[i].text
                  : row[i].state == VALUE_NULL      ? STR("null")
                  : row[i].state == VALUE_UNCHANGED ? STR("same")
                                                    : STR("?"));
    }
    put(told, STR(")"));
}

static void on_commit(void *arg, const struct transaction *transaction)
{
    static const char kinds[] = {'+', '~', '-', '!'};
    struct told *told = arg;

    for (size_t i = 0; i < transaction->count; i++) {
        const struct change *change = transaction->changes[i];
        put(told, (str){&kinds[change->op], 1});
        put_row(told, change, change->old);
        put_row(told, change, change->row);
    }
    put(told, transaction->cut ? STR("cut") : STR("."));
}

static const struct pgoutput_fns fns = {.committed = on_commit};

/* Feeds the messages; NULL, or what the decoder says against one. */
static const char *feed(const str *messages, struct told *told)
{
    struct pgoutput *decoder = pgoutput_new(&fns, told);
    const char *wrong = NULL;

    told->len = 0;
    for (; messages->at != NULL && wrong == NULL; messages++)
        wrong = pgoutput_feed(decoder, *messages);
    pgoutput_free(&decoder);
    return wrong;
}

static void changes_are_told_at_their_commit(void **state)
{
    static const struct {
        const char *want;
        str messages[12];
    } cases[] = {
        {".",               {BYTES(BEGIN), BYTES(COMMIT)}                                                    },
        {"",                {BYTES(RELATION), BYTES(BEGIN), BYTES("I\0\0\0\1N\0\2" ONE X)}                   },
        {"+(1,x).",         {BYTES(RELATION), BYTES(BEGIN), BYTES("I\0\0\0\1N\0\2" ONE X), BYTES(COMMIT)}    },
        {"~(1,same).",
         {BYTES(RELATION), BYTES(BEGIN), BYTES("U\0\0\0\1N\0\2" ONE "u"), BYTES(COMMIT)}                     },
        {"~(1,?)(1,null).",
         {BYTES(RELATION), BYTES(BEGIN), BYTES("U\0\0\0\1K\0\2" ONE "nN\0\2" ONE "n"),
          BYTES(COMMIT)}                                                                                     },
        {"~(1,x)(1,x).",
         {BYTES(RELATION), BYTES(BEGIN), BYTES("U\0\0\0\1O\0\2" ONE X "N\0\2" ONE "u"),
          BYTES(COMMIT)}                                                                                     },
        {"-(1,?).",
         {BYTES(RELATION), BYTES(BEGIN), BYTES("D\0\0\0\1K\0\2" ONE "n"), BYTES(COMMIT)}                     },
        {"-(1,null).",
         {BYTES(RELATION), BYTES(BEGIN), BYTES("D\0\0\0\1O\0\2" ONE "n"), BYTES(COMMIT)}                     },
        {"!.",              {BYTES(RELATION), BYTES(BEGIN), BYTES("T\0\0\0\1\0\0\0\0\1"), BYTES(COMMIT)}     },
        {"+(1,x).",         /* of other kinds: an origin, a type, a message */
         {BYTES(RELATION), BYTES(BEGIN), BYTES("O" ZERO8 "far\0"), BYTES("Y\0\0\0\1s\0t\0"),
          BYTES("M\0" ZERO8 "p\0\0\0\0\1x"), BYTES("I\0\0\0\1N\0\2" ONE X), BYTES(COMMIT)}},
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(feed(cases[i].messages, &told));
        told.text[told.len] = '\0';
        assert_string_equal(told.text, cases[i].want);
    }
}

#define START(xid) BYTES("S\0\0\0" xid "\1")
#define STOP BYTES("E")
#define INSERT(xid, value) BYTES("I\0\0\0" xid "\0\0\0\1N\0\2" ONE "t\0\0\0\1" value)
#define ABORT(xid, part) BYTES("A\0\0\0" xid "\0\0\0" part)
#define STREAM_COMMIT(xid) BYTES("c\0\0\0" xid "\0" ZERO8 ZERO8 ZERO8)

static void a_streamed_transaction_is_told_when_it_commits(void **state)
{
    static const struct {
        const char *want;
        str messages[16];
    } cases[] = {
        {"+(1,a)+(1,b).",
         {START("\7"), BYTES("R\0\0\0\7" DESCRIBED), INSERT("\7", "a"), STOP, START("\7"),
          INSERT("\7", "b"), STOP, STREAM_COMMIT("\7")}                                                 },
        {"",
         {START("\7"), BYTES("R\0\0\0\7" DESCRIBED), INSERT("\7", "a"), STOP, ABORT("\7", "\7")}        },
        {"+(1,a)+(1,c).",
         {START("\7"), BYTES("R\0\0\0\7" DESCRIBED), INSERT("\7", "a"), INSERT("\10", "b"), STOP,
          ABORT("\7", "\10"), START("\7"), INSERT("\7", "c"), STOP, STREAM_COMMIT("\7")}                },
        {"+(1,b).+(1,a).", /* two at a time */
         {START("\7"), BYTES("R\0\0\0\7" DESCRIBED), INSERT("\7", "a"), STOP, START("\11"),
          INSERT("\11", "b"), STOP, STREAM_COMMIT("\11"), STREAM_COMMIT("\7")}},
        {"",               {ABORT("\7", "\7")}                                                          },
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(feed(cases[i].messages, &told));
        told.text[told.len] = '\0';
        assert_string_equal(told.text, cases[i].want);
    }
}

static void what_is_not_understood_is_refused(void **state)
{
    static const str cases[][3] = {
        {BYTES("")                       },
        {BYTES("?")                      },
        {BYTES("I\0\0\0\1N\0\2" ONE X)   },
        {BYTES(RELATION),                  BYTES("I\0\0\0\1N\0\3" ONE X "n")},
        {BYTES(RELATION),                                BYTES("I\0\0\0\1N\0\1" ONE)},
        {BYTES(RELATION),BYTES("I\0\0\0\1O\0\2" ONE X)},
        {BYTES(RELATION),                  BYTES("I\0\0\0\1N\0\2" ONE "z")},
        {BYTES(RELATION),                                BYTES("I\0\0\0\1N\0\2" ONE "t\377\377\377\377x")},
        {BYTES(RELATION),BYTES("D\0\0\0\1N\0\2" ONE X)},
        {BYTES("R\0\0\0\1public\0notes\0d\377\377")                 },
        {STREAM_COMMIT("\7")                               },
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_non_null(feed(cases[i], &told));
}

static void a_message_cut_off_anywhere_is_refused(void **state)
{
    static const str whole[] = {BYTES(RELATION), BYTES("U\0\0\0\1O\0\2" ONE X "N\0\2" ONE X),
                                BYTES("T\0\0\0\1\0\0\0\0\1"), BYTES(COMMIT)};
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        for (size_t len = 0; len < whole[i].len; len++) {
            const str messages[] = {
                whole[0], {whole[i].at, len},
                 {NULL,        0  }
            };
            assert_non_null(feed(messages, &told));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_told_at_their_commit),
        cmocka_unit_test(a_streamed_transaction_is_told_when_it_commits),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(a_message_cut_off_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
