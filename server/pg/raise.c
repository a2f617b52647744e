/* See raise.h. */
#include "pg/raise.h"

#include "base/headers.h"
#include "base/json.h"

enum { STATUS_LEAST = 200, STATUS_MOST = 999 };

/* A member that is looked for in an object; it may be absent or null unless it is required. */
struct member {
    str name;
    enum json_kind kind;
    bool required;
    str value; /* found: a slice of the object */
};

static bool read_members(arena *mem, str object, struct member *members, int count)
{
    struct json_walk walk;
    str key, value;

    if (object.at == NULL || json_check(object) != JSON_OBJECT)
        return false;
    json_walk_open(&walk, object);
    while (json_walk_next(&walk, &key, &value))
        for (int i = 0; i < count; i++)
            if (str_eq(json_unquote(mem, key), members[i].name))
                members[i].value = value;
    for (int i = 0; i < count; i++) {
        bool absent = members[i].value.at == NULL || json_kind_of(members[i].value) == JSON_NULL;
        if (absent ? members[i].required : json_kind_of(members[i].value) != members[i].kind)
            return false;
    }
    return true;
}

static str text_of(arena *mem, const struct member *member)
{
    bool given = member->value.at != NULL && json_kind_of(member->value) == JSON_STRING;
    return given ? json_unquote(mem, member->value) : (str){NULL, 0};
}

bool raise_is_status(str code)
{
    return str_starts(code, STR("PT"));
}

int raise_status(str code)
{
    int64_t status;
    bool known = str_int(str_skip(code, 2), &status) && status >= STATUS_LEAST;

    return known ? (int)status : 500;
}

#define DETAIL_HINT                                                                                \
    "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: "    \
    "'status_text'."

static struct fail *unreadable(arena *mem, str details, str hint)
{
    struct fail *fail = fail_new(mem, FAIL_RAISE,
                                 "Could not parse JSON in the \"RAISE SQLSTATE "
                                 "'PGRST'\" error");
    fail->details = details;
    fail->hint = hint;
    return fail;
}

static const struct fail *read_message(arena *mem, str message, struct fail *fail)
{
    struct member members[] = {
        {STR_ROW("code"),    JSON_STRING, true,  {NULL, 0}},
        {STR_ROW("message"), JSON_STRING, true,  {NULL, 0}},
        {STR_ROW("details"), JSON_STRING, false, {NULL, 0}},
        {STR_ROW("hint"),    JSON_STRING, false, {NULL, 0}},
    };

    if (!read_members(mem, message, members, 4))
        return unreadable(
            mem, arena_printf(mem, "Invalid JSON value for MESSAGE: '%.*s'", STR_ARG(message)),
            STR("MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and "
                "optional keys: 'details', 'hint'."));
    fail->code = arena_cstr(mem, text_of(mem, &members[0]));
    fail->message = text_of(mem, &members[1]);
    fail->details = text_of(mem, &members[2]);
    fail->hint = text_of(mem, &members[3]);
    return NULL;
}

static bool read_answer(arena *mem, str detail, struct fail *fail)
{
    struct headers *headers = arena_new(mem, struct headers);
    int64_t status;
    struct member members[] = {
        {STR_ROW("status"),      JSON_NUMBER, true,  {NULL, 0}},
        {STR_ROW("headers"),     JSON_OBJECT, true,  {NULL, 0}},
        {STR_ROW("status_text"), JSON_STRING, false, {NULL, 0}},
    };

    if (!read_members(mem, detail, members, 3) || !str_int(members[0].value, &status) ||
        status < STATUS_LEAST || status > STATUS_MOST ||
        !headers_read_object(mem, members[1].value, headers))
        return false;
    str reason = text_of(mem, &members[2]);
    if (!headers_value_is_fine(reason))
        return false;
    fail->status = (int)status;
    fail->reason = reason.at == NULL ? NULL : arena_cstr(mem, reason);
    fail->headers = headers;
    return true;
}

const struct fail *raise_fail(arena *mem, str message, str detail)
{
    struct fail *fail = fail_new(mem, FAIL_SQL, "%s", "");

    TRY(read_message(mem, message, fail));
    if (detail.at == NULL)
        return unreadable(mem, STR("DETAIL is missing in the RAISE statement"), STR(DETAIL_HINT));
    if (!read_answer(mem, detail, fail))
        return unreadable(
            mem, arena_printf(mem, "Invalid JSON value for DETAIL: '%.*s'", STR_ARG(detail)),
            STR(DETAIL_HINT));
    return fail;
}
