/* Checks of a batch that differ in their caller's subject alone are asked about together: the rows
 * stand in one sheet, and one question tells who may see which. If it fails, each is asked about
 * alone: a policy may fail for one caller. */
#include "base/array_text.h"
#include "live/batch_inside.h"
#include "live/callers.h"

enum { PAIRS_MAX = 50000 /* of a row and a caller, in one question */ };

/* A question: some callers of a sheet. */
struct joint {
    struct sheet *sheet;
    struct check **checks;
    int count;
};

/* ---- filling ---- */

static struct sheet *sheet_new(struct batch *batch, struct known *known)
{
    struct sheet *sheet = arena_new(batch->mem, struct sheet);

    sheet->batch = batch;
    sheet->known = known;
    sheet->next = batch->first_sheet;
    batch->first_sheet = sheet;
    buf_init(&sheet->rows, batch->mem, ROWS_BYTES_MAX);
    buf_putc(&sheet->rows, '{');
    return sheet;
}

struct sheet *joint_sheet(struct batch *batch, const struct check *wanted)
{
    if (wanted->known->facts->joint.at == NULL || wanted->how != CHECK_ROW ||
        wanted->filtered != NULL || !callers_may_join(wanted->claims))
        return NULL;
    for (struct sheet *sheet = batch->first_sheet; sheet != NULL; sheet = sheet->next)
        if (sheet->known == wanted->known)
            return sheet;
    return sheet_new(batch, wanted->known);
}

int joint_row(struct sheet *sheet, const struct change *change, const struct live_value *row)
{
    for (int i = 0; i < 2; i++)
        if (sheet->recent[i].row == row)
            return sheet->recent[i].at;
    sheet->recent[1] = sheet->recent[0];
    sheet->recent[0].row = row;
    sheet->recent[0].at = sheet->count;
    facts_put_row(&sheet->rows, sheet->known->facts, change->table, row);
    return sheet->count++;
}

/* ---- asking ---- */

/* What follows the transaction that a question is in must not run under a caller's claims: it is
 * shared with nobody, as no token has these. */
static const struct claims *claims_of_nobody(str role)
{
    return claims_new(role, STR(""), STR("[]"), 0);
}

/* The database is away, or it fails for one of them at least. */
static void on_failure(struct check *check, const struct found *found)
{
    check->rows = check->sheet->rows;
    check->count = check->sheet->count;
    check->trouble = TROUBLE_PASSING;
    if (found->passing)
        check->why = arena_copy(check->batch->mem, found->why);
    else
        batch_ask_check(check->batch, check);
}

static void mark(const struct joint *joint, const str *cells)
{
    int64_t row, caller;

    if (str_int(cells[0], &row) && str_int(cells[1], &caller) && row >= 1 &&
        row <= joint->sheet->count && caller >= 1 && caller <= joint->count)
        joint->checks[caller - 1]->visible[row - 1] = true;
}

static void on_answer(struct question *question, const struct found *found)
{
    const struct joint *joint = question->arg;
    struct batch *batch = joint->sheet->batch;

    for (int i = 0; found->why.at != NULL && i < joint->count; i++)
        on_failure(joint->checks[i], found);
    for (int i = 0; i < found->nrows && found->ncolumns == 2; i++)
        mark(joint, &found->cells[(size_t)i * 2]);
    batch_answered(batch);
}

static void ask(const struct joint *joint)
{
    const struct facts *facts = joint->sheet->known->facts;
    struct batch *batch = joint->sheet->batch;
    const struct claims *nobody = claims_of_nobody(facts->role);
    struct question *question = question_new(nobody);
    struct joint *copy = arena_new(batch->mem, struct joint);
    struct buf claims, subjects;

    claims_unref(&nobody);
    buf_init(&claims, question->mem, ROWS_BYTES_MAX);
    buf_init(&subjects, question->mem, ROWS_BYTES_MAX);
    buf_putc(&claims, '{');
    buf_putc(&subjects, '{');
    for (int i = 0; i < joint->count; i++) {
        array_text_put(&claims, joint->checks[i]->claims->json);
        array_text_put(&subjects, joint->checks[i]->claims->subject);
    }
    buf_putc(&claims, '}');
    buf_putc(&subjects, '}');
    *copy = *joint;
    question->sql = callers_sql(question->mem, facts);
    question->nparams = 3;
    question->params = arena_array(question->mem, str, 3);
    question->params[0] = buf_str(&joint->sheet->rows);
    question->params[1] = buf_str(&claims);
    question->params[2] = buf_str(&subjects);
    question->done = on_answer;
    question->arg = copy;
    batch->waiting++;
    hub_ask(batch->hub, question);
}

static void ask_sheet(struct sheet *sheet)
{
    arena *mem = sheet->batch->mem;
    int max = PAIRS_MAX / sheet->count + 1;
    struct joint joint = {.sheet = sheet};

    buf_putc(&sheet->rows, '}');
    for (struct check *check = sheet->first; check != NULL; check = check->of_sheet) {
        if (joint.count == 0)
            joint.checks = arena_array(mem, struct check *, (size_t)max);
        check->visible = arena_array(mem, bool, (size_t)sheet->count);
        joint.checks[joint.count++] = check;
        if (joint.count < max && check->of_sheet != NULL)
            continue;
        ask(&joint);
        joint.count = 0;
    }
}

void joint_ask(struct batch *batch)
{
    for (struct sheet *sheet = batch->first_sheet; sheet != NULL; sheet = sheet->next)
        ask_sheet(sheet);
}
