/* See transaction.h. */
#include "rest/transaction.h"

#include "rest/plan.h"
#include "rest/sql.h"

static enum ending choose_ending(const struct config *config, const struct prefer *prefer);
static const struct fail *choose_max_affected(arena *mem, struct plan *plan);
static void add_guc(struct transaction *transaction, str name, str value);
static void hoist(const struct config *config, const struct routine *routine,
                  struct transaction *transaction);

const struct fail *transaction_make(arena *mem, const struct config *config, struct plan *plan)
{
    const struct prefer *prefer = &plan->ask->prefer;
    struct transaction *transaction = &plan->transaction;

    transaction->before = transaction_before(mem, config);
    transaction->ending = choose_ending(config, prefer);
    if (prefer->timezone.at != NULL)
        add_guc(transaction, STR("timezone"), prefer->timezone);
    if (plan->routine != NULL)
        hoist(config, plan->routine, transaction);
    return choose_max_affected(mem, plan);
}

/* The name stands in the settings: "function", or "schema.function". */
str transaction_before(arena *mem, const struct config *config)
{
    str name = config->db_pre_request;
    long point = str_find(name, '.');
    struct sql sql;

    if (name.at == NULL)
        return name;
    sql_init(&sql, mem);
    sql_put(&sql, "select ");
    if (point >= 0) {
        sql_name(&sql, (str){name.at, (size_t)point});
        sql_put(&sql, ".");
    }
    sql_name(&sql, str_skip(name, (size_t)(point + 1)));
    sql_put(&sql, "()");
    return arena_copy(mem, buf_str(&sql.text));
}

static enum ending choose_ending(const struct config *config, const struct prefer *prefer)
{
    switch (prefer->choices[PREFER_TX]) {
    case CHOICE_COMMIT:
        return ENDING_COMMIT;
    case CHOICE_ROLLBACK:
        return ENDING_ROLLBACK;
    default:
        return str_starts(config->db_tx_end, STR("rollback")) ? ENDING_ROLLBACK : ENDING_COMMIT;
    }
}

/* How many rows a function touches is known only of one that returns them. */
static const struct fail *choose_max_affected(arena *mem, struct plan *plan)
{
    bool counts = plan->ask->kind == ASK_UPDATE || plan->ask->kind == ASK_DELETE ||
                  plan->ask->kind == ASK_CALL;

    plan->transaction.max_affected = counts ? plan->ask->prefer.max_affected : -1;
    if (plan->transaction.max_affected < 0 || plan->routine == NULL || plan->routine->set)
        return NULL;
    return fail_new(mem, FAIL_MAX_UNCOUNTED,
                    "Function must return SETOF or TABLE when max-affected preference is used "
                    "with handling=strict");
}

static void add_guc(struct transaction *transaction, str name, str value)
{
    if (transaction->ngucs < TRANSACTION_GUCS_MAX)
        transaction->gucs[transaction->ngucs++] = (struct guc){name, value};
}

static bool is_listed(str list, str name)
{
    str one;

    while (str_cut(&list, ',', &one))
        if (str_ieq(one, name))
            return true;
    return false;
}

/* Settings that would come too late when the function is called: a timeout runs already then. */
static void hoist(const struct config *config, const struct routine *routine,
                  struct transaction *transaction)
{
    for (int i = 0; i < routine->nsettings; i++) {
        const struct guc *setting = &routine->settings[i];
        if (!is_listed(config->db_hoisted_tx_settings, setting->name))
            continue;
        if (str_ieq(setting->name, STR("default_transaction_isolation")))
            transaction->isolation = isolation_of(setting->value);
        else
            add_guc(transaction, setting->name, setting->value);
    }
}

void transaction_put(const struct transaction *transaction, struct statement *statement)
{
    statement->before = transaction->before;
    statement->gucs = transaction->gucs;
    statement->ngucs = transaction->ngucs;
    statement->isolation = transaction->isolation;
    statement->ending = transaction->ending;
}

const struct fail *transaction_too_many(arena *mem, int64_t rows)
{
    struct fail *fail =
        fail_new(mem, FAIL_MAX_AFFECTED, "Query result exceeds max-affected preference constraint");
    fail->details = arena_printf(mem, "The query affects %lld rows", (long long)rows);
    return fail;
}
