/* See sql_parts.h. */
#include "rest/sql_parts.h"

#include "rest/answer.h"
#include "rest/fence.h"

void sql_relation(struct sql *sql, const struct relation *relation)
{
    sql_name(sql, relation->schema);
    sql_put(sql, ".");
    sql_name(sql, relation->name);
}

/* Operators see through a domain. */
static bool is_of(const struct column *column, str type)
{
    return str_eq(column->base.at != NULL ? column->base : column->type, type);
}

static bool is_json(const struct column *column)
{
    return is_of(column, STR("json")) || is_of(column, STR("jsonb"));
}

static void put_column(struct sql *sql, const struct node *node, const struct column *column)
{
    sql_name(sql, node->name);
    sql_put(sql, ".");
    sql_name(sql, column->name);
}

static void put_step(struct sql *sql, const struct step *step)
{
    if (step->as_text)
        sql_put(sql, "->>");
    else
        sql_put(sql, "->");
    sql_value(sql, step->key);
    if (step->is_index)
        sql_put(sql, "::integer");
}

/* A path into something that is not JSON goes through its JSON form: arrays, composites. The type
 * of what an embedded row calls so is perhaps not known: column is then NULL. */
static void put_path(struct sql *sql, str owner, str name, const struct column *column,
                     const struct field *field)
{
    bool convert = field->nsteps > 0 && (column == NULL || !is_json(column));

    if (convert)
        sql_put(sql, "to_jsonb(");
    sql_name(sql, owner);
    sql_put(sql, ".");
    sql_name(sql, name);
    if (convert)
        sql_put(sql, ")");
    for (int i = 0; i < field->nsteps; i++)
        put_step(sql, &field->steps[i]);
}

static void put_field(struct sql *sql, const struct node *node, const struct column *column,
                      const struct field *field)
{
    put_path(sql, node->name, column->name, column, field);
}

/* The column in the form of its domain, or the path, cast if a type is given. */
static void put_selected(struct sql *sql, const struct node *node, const struct output *output)
{
    str shown_by = plan_shown_by(output);

    if (output->cast.at != NULL)
        sql_put(sql, "cast(");
    if (shown_by.at != NULL) {
        sql_known(sql, shown_by);
        sql_put(sql, "(");
    }
    put_field(sql, node, output->column, &output->item->field);
    if (shown_by.at != NULL)
        sql_put(sql, ")");
    if (output->cast.at != NULL) {
        sql_put(sql, " as ");
        sql_known(sql, output->cast);
        sql_put(sql, ")");
    }
}

/* The value before it is aggregated. */
static void put_single(struct sql *sql, const struct node *node, const struct output *output)
{
    switch (output->kind) {
    case OUTPUT_COLUMN:
        put_selected(sql, node, output);
        return;
    case OUTPUT_EMBED:
        sql_embedded(sql, output->embed);
        return;
    case OUTPUT_SPREAD:
        sql_name(sql, output->embed->node.name);
        sql_put(sql, ".");
        sql_name(sql, plan_output_name(output));
        return;
    case OUTPUT_ROWS: /* count(*), or what a count further out counts */
        if (output->aggregate != AGGREGATE_NONE)
            sql_put(sql, "*");
        else
            sql_put(sql, "1");
        return;
    case OUTPUT_ALL:
        sql_name(sql, node->name);
        sql_put(sql, ".*");
    }
}

static void put_aggregate(struct sql *sql, const struct node *node, const struct output *output)
{
    if (output->result_cast.at != NULL)
        sql_put(sql, "cast(");
    sql_known(sql, aggregate_name(output->aggregate));
    sql_put(sql, "(");
    put_single(sql, node, output);
    sql_put(sql, ")");
    if (output->result_cast.at != NULL) {
        sql_put(sql, " as ");
        sql_known(sql, output->result_cast);
        sql_put(sql, ")");
    }
}

static void put_output(struct sql *sql, const struct node *node, const struct output *output,
                       bool as_jsonb)
{
    const struct item *item = output->item;
    bool renamed = output->kind != OUTPUT_COLUMN || item->aggregate != AGGREGATE_NONE ||
                   item->alias.at != NULL || item->field.nsteps > 0 || output->cast.at != NULL ||
                   plan_shown_by(output).at != NULL;

    if (output->aggregate != AGGREGATE_NONE)
        put_aggregate(sql, node, output);
    else
        put_single(sql, node, output);
    if (as_jsonb && plan_is_made_json(output) && output->aggregate == AGGREGATE_NONE)
        sql_put(sql, "::jsonb");
    if (output->kind == OUTPUT_ALL || !renamed)
        return;
    sql_put(sql, " as ");
    sql_name(sql, plan_output_name(output));
}

void sql_outputs(struct sql *sql, const struct node *node)
{
    bool as_jsonb = plan_is_grouped(node) /* json has no equality */ || node->printed;

    for (const struct output *output = node->outputs; output != NULL; output = output->next) {
        put_output(sql, node, output, as_jsonb);
        if (output->next != NULL)
            sql_put(sql, ", ");
    }
}

/* By their positions: the same expression again would have other parameters. */
void sql_group(struct sql *sql, const struct node *node)
{
    bool first = true;
    int position = 0;

    if (!plan_is_grouped(node))
        return;
    for (const struct output *output = node->outputs; output != NULL; output = output->next) {
        position++;
        if (output->aggregate != AGGREGATE_NONE)
            continue;
        if (first)
            sql_put(sql, " group by ");
        else
            sql_put(sql, ", ");
        buf_printf(&sql->text, "%d", position);
        first = false;
    }
}

static void put_cell(struct sql *sql, const struct node *node, const struct cell *cell)
{
    bool converted = cell->form == JSON_FORM_CONVERTED;

    if (converted)
        sql_put(sql, "to_json(");
    if (cell->output->kind == OUTPUT_ALL)
        put_column(sql, node, cell->column);
    else
        put_single(sql, node, cell->output);
    if (converted)
        sql_put(sql, ")");
}

void sql_cells(struct sql *sql, const struct plan *plan)
{
    for (int i = 0; i < plan->cells.count; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        put_cell(sql, &plan->root, &plan->cells.list[i]);
    }
}

static str make_pattern(arena *mem, str value)
{
    struct buf pattern;

    if (str_find(value, '*') < 0)
        return value;
    buf_init(&pattern, mem, value.len);
    for (size_t i = 0; i < value.len; i++)
        buf_put(&pattern, value.at[i] == '*' ? STR("%") : (str){value.at + i, 1});
    return buf_str(&pattern);
}

static void put_keyword(struct sql *sql, str keyword)
{
    static const struct {
        const char *keyword;
        const char *sql;
    } keywords[] = {
        {"null",     " is null"    },
        {"not_null", " is not null"},
        {"true",     " is true"    },
        {"false",    " is false"   },
        {"unknown",  " is unknown" },
    };
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (str_ieq(keyword, str_from(keywords[i].keyword)))
            sql_known(sql, str_from(keywords[i].sql));
}

/* The function that reads the operand of a filter on a domain with its own form; absent: none. */
static str read_by(const struct test *test)
{
    const struct representation *form = test->column->representation;
    bool whole =
        test->condition->field.nsteps == 0 && test->condition->op->operand != OPERAND_PATTERN;

    return whole && form != NULL ? form->from_text : (str){NULL, 0};
}

static void put_operand(struct sql *sql, str value, str function, bool many)
{
    if (function.at == NULL) {
        sql_value(sql, value);
        return;
    }
    if (many)
        sql_put(sql, "array(select ");
    sql_known(sql, function);
    if (many) {
        sql_put(sql, "(e) from unnest(");
        sql_value(sql, value);
        sql_put(sql, "::text[]) e)");
        return;
    }
    sql_put(sql, "(");
    sql_value(sql, value);
    sql_put(sql, "::text)");
}

void sql_operand(struct sql *sql, const struct test *test)
{
    put_operand(sql, test->condition->value, read_by(test), false);
}

static void put_operation(struct sql *sql, const struct test *test)
{
    const struct condition *condition = test->condition;
    str value = condition->value;
    bool many = condition->quantifier != QUANTIFIER_NONE || condition->op->operand == OPERAND_LIST;

    if (condition->op->operand == OPERAND_PATTERN)
        value = make_pattern(sql->text.mem, value);
    sql_put(sql, " ");
    sql_known(sql, condition->op->sql);
    sql_put(sql, " ");
    if (many && condition->quantifier == QUANTIFIER_ALL)
        sql_put(sql, "all (");
    else if (many)
        sql_put(sql, "any (");
    put_operand(sql, value, read_by(test), many);
    if (many)
        sql_put(sql, ")");
}

/* Text and JSON become a tsvector on the way, in the language of the query. */
static void put_search(struct sql *sql, const struct node *node, const struct test *test)
{
    const struct condition *condition = test->condition;
    bool convert = !is_of(test->column, STR("tsvector")) || condition->field.nsteps > 0;
    int config = 0;

    if (convert)
        sql_put(sql, "to_tsvector(");
    if (convert && condition->config.at != NULL) {
        sql_value(sql, condition->config);
        config = sql->nparams;
        sql_put(sql, "::regconfig, ");
    }
    put_field(sql, node, test->column, &condition->field);
    if (convert)
        sql_put(sql, ")");
    sql_put(sql, " @@ ");
    sql_known(sql, condition->op->sql);
    sql_put(sql, "(");
    if (config > 0)
        buf_printf(&sql->text, "$%d, ", config);
    else if (condition->config.at != NULL) {
        sql_value(sql, condition->config);
        sql_put(sql, "::regconfig, ");
    }
    sql_value(sql, condition->value);
    sql_put(sql, ")");
}

static void put_filter(struct sql *sql, const struct node *node, const struct test *test)
{
    const struct condition *condition = test->condition;

    if (condition->op->operand == OPERAND_TSQUERY) {
        put_search(sql, node, test);
        return;
    }
    put_field(sql, node, test->column, &condition->field);
    if (condition->op->operand == OPERAND_KEYWORD)
        put_keyword(sql, condition->value);
    else
        put_operation(sql, test);
}

static void put_found(struct sql *sql, const struct node *node, const struct test *test,
                      enum beside beside)
{
    if (beside == BESIDE_EMBEDS && sql_is_beside(test->embed))
        sql_found_beside(sql, test->embed);
    else if (test->condition->negated && node->order == NULL)
        sql_found_in_order(sql, test->embed);
    else
        sql_found(sql, test->embed);
}

static void put_tests(struct sql *sql, const struct node *node, const struct test *tests,
                      enum condition_kind join, enum beside beside)
{
    for (const struct test *test = tests; test != NULL; test = test->next) {
        if (test->condition->negated == (test->embed == NULL))
            sql_put(sql, "not "); /* is.null: there is no row */
        sql_put(sql, "(");
        if (test->embed != NULL)
            put_found(sql, node, test, beside);
        else if (test->condition->kind == CONDITION_FILTER)
            put_filter(sql, node, test);
        else
            put_tests(sql, node, test->children, test->condition->kind, beside);
        sql_put(sql, ")");
        if (test->next == NULL)
            return;
        if (join == CONDITION_OR)
            sql_put(sql, " or ");
        else
            sql_put(sql, " and ");
    }
}

void sql_tests(struct sql *sql, const struct node *node, enum beside beside)
{
    put_tests(sql, node, node->where, CONDITION_AND, beside);
}

void sql_where(struct sql *sql, const struct node *node)
{
    if (node->where == NULL)
        return;
    sql_put(sql, " where ");
    sql_tests(sql, node, BESIDE_NOTHING);
}

/* A column of the node, or of a row that is embedded in its rows. */
static void put_sort(struct sql *sql, const struct node *node, const struct sort *sort)
{
    const struct field *field = &sort->term->field;

    if (sort->embed != NULL)
        put_path(sql, sort->embed->node.name, field->name, sort->column, field);
    else
        put_field(sql, node, sort->column, field);
    if (sort->term->descending)
        sql_put(sql, " desc");
    if (sort->term->nulls == NULLS_FIRST)
        sql_put(sql, " nulls first");
    else if (sort->term->nulls == NULLS_LAST)
        sql_put(sql, " nulls last");
}

void sql_order(struct sql *sql, const struct node *node)
{
    for (const struct sort *sort = node->order; sort != NULL; sort = sort->next) {
        if (sort == node->order)
            sql_put(sql, " order by ");
        else
            sql_put(sql, ", ");
        put_sort(sql, node, sort);
    }
}

void sql_page(struct sql *sql, const struct node *node)
{
    const struct range *range = &node->range;

    if (!node->paged)
        return;
    sql_put(sql, " limit ");
    if (range->none)
        sql_integer(sql, 0);
    else if (range->last == RANGE_OPEN)
        sql_value(sql, (str){NULL, 0}); /* LIMIT NULL is no limit */
    else
        sql_integer(sql, range->last - range->first + 1);
    sql_put(sql, " offset ");
    sql_integer(sql, range->first);
}

/* Markers behind a text that is no integer; which one says why. */
#define NOT_ONE "PGRST116 "
#define NOT_THE_KEY "PGRST115 "
#define TOO_MANY "PGRST124 "

bool sql_refuses(const struct plan *plan)
{
    return plan->one_row || plan->ask->kind == ASK_PUT || plan->transaction.max_affected >= 0;
}

void sql_count(struct sql *sql, const struct plan *plan)
{
    bool put = plan->ask->kind == ASK_PUT;

    if (sql_is_value(plan)) {
        sql_put(sql, "1");
        return;
    }
    if (plan->access == ACCESS_READ || !sql_refuses(plan)) {
        sql_put(sql, "count(*)");
        return;
    }
    sql_put(sql, "case");
    if (put)
        sql_put(sql, " when count(*) <> 1 then ('" NOT_THE_KEY "' || count(*))::integer");
    else if (plan->one_row)
        sql_put(sql, " when count(*) <> 1 then ('" NOT_ONE "' || count(*))::integer");
    if (plan->transaction.max_affected >= 0) {
        sql_put(sql, " when count(*) > ");
        sql_integer(sql, plan->transaction.max_affected);
        sql_put(sql, " then ('" TOO_MANY "' || count(*))::integer");
    }
    sql_put(sql, " else count(*) end");
}

/* The number behind a marker in quotes that end the message; -1 when it is not there. */
static int64_t number_behind(str message, const char *marker)
{
    size_t len = strlen(marker);
    const char *at = memmem(message.at, message.len, marker, len);
    int64_t number;

    if (at == NULL || at == message.at || at[-1] != '"' || !str_ends(message, STR("\"")))
        return -1;
    at += len;
    str digits = {at, (size_t)(message.at + message.len - 1 - at)};
    return str_int(digits, &number) ? number : -1;
}

const struct fail *sql_refusal(arena *mem, str sqlstate, str message)
{
    if (!str_eq(sqlstate, STR("22P02"))) /* invalid_text_representation */
        return NULL;
    if (number_behind(message, NOT_THE_KEY) >= 0)
        return plan_put_mismatch(mem);
    int64_t rows = number_behind(message, TOO_MANY);
    if (rows >= 0)
        return transaction_too_many(mem, rows);
    rows = number_behind(message, NOT_ONE);
    return rows >= 0 ? answer_not_one(mem, rows) : fence_refusal(mem, sqlstate, message);
}
