/* Any Prefer header: it is refused only with handling=strict, and what is applied is a list of what
 * was asked for: each piece stands in the header, and reads as itself again. */
#include <assert.h>
#include <stdint.h>

#include "rest/prefer.h"

static const struct fail *read_header(arena *mem, str value, struct prefer *prefer)
{
    const struct config config = {.db_tx_end = STR("commit-allow-override")};
    const struct header header = {STR("prefer"), value};
    const struct request req = {.mem = mem, .headers = &header, .nheaders = 1};

    return prefer_read(&req, &config, prefer);
}

static void check_applied(arena *mem, str value, const struct prefer *prefer)
{
    str applied = prefer_applied(prefer, mem, ~0U), rest = applied, piece;
    struct prefer again;

    if (applied.at == NULL)
        return;
    while (str_cut(&rest, ',', &piece)) {
        piece = str_trim(piece);
        /* A number is written anew: 007 is 7. */
        assert(str_starts(piece, STR("max-affected=")) ||
               memmem(value.at, value.len, piece.at, piece.len) != NULL);
    }
    assert(read_header(mem, applied, &again) == NULL);
    assert(str_eq(applied, prefer_applied(&again, mem, ~0U)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    /* A longer time zone is no time zone: PostgreSQL refuses the request. */
    str value = arena_copy(mem, (str){(const char *)data, size < 400 ? size : 400});
    struct prefer prefer;
    const struct fail *fail = read_header(mem, value, &prefer);

    assert(fail == NULL || prefer_is(&prefer, PREFER_HANDLING, CHOICE_STRICT));
    if (fail == NULL)
        check_applied(mem, value, &prefer);
    arena_close(&mem);
    return 0;
}
