/* What a frontend names its types with: Tables<"books">, TablesInsert<{ schema: "other" },
 * "books">, Enums<"mood">, and the words of the enums as values. See typescript.h. */
#include "openapi/typescript_inside.h"

static const char *const helpers[] = {
    "",
    "type DatabaseWithoutInternals = Omit<Database, \"__InternalSupabase\">",
    "",
    "// A name of the default schema, or { schema } and a name of that one.",
    "type InSchema = { schema: keyof DatabaseWithoutInternals }",
    "type SchemaOf<Where> = Where extends { schema: infer Name extends keyof "
    "DatabaseWithoutInternals }",
    "  ? DatabaseWithoutInternals[Name]",
    "  : DefaultSchema",
    "type Members<Where, Kind extends keyof DefaultSchema> = SchemaOf<Where>[Kind]",
    "type Member<Where, Name, Kind extends keyof DefaultSchema> =",
    "  (Where extends InSchema ? Name : Where) extends infer Key extends keyof Members<Where, "
    "Kind>",
    "    ? Members<Where, Kind>[Key]",
    "    : never",
    "",
    "export type Tables<",
    "  Where extends keyof DefaultSchema[\"Tables\"] | keyof DefaultSchema[\"Views\"] | InSchema,",
    "  Name extends Where extends InSchema",
    "    ? keyof Members<Where, \"Tables\"> | keyof Members<Where, \"Views\">",
    "    : never = never,",
    "> = (Member<Where, Name, \"Tables\"> | Member<Where, Name, \"Views\">) extends { Row: infer "
    "Row "
    "}",
    "  ? Row",
    "  : never",
    "",
    "export type TablesInsert<",
    "  Where extends keyof DefaultSchema[\"Tables\"] | InSchema,",
    "  Name extends Where extends InSchema ? keyof Members<Where, \"Tables\"> : never = never,",
    "> = Member<Where, Name, \"Tables\"> extends { Insert: infer Insert } ? Insert : never",
    "",
    "export type TablesUpdate<",
    "  Where extends keyof DefaultSchema[\"Tables\"] | InSchema,",
    "  Name extends Where extends InSchema ? keyof Members<Where, \"Tables\"> : never = never,",
    "> = Member<Where, Name, \"Tables\"> extends { Update: infer Update } ? Update : never",
    "",
    "export type Enums<",
    "  Where extends keyof DefaultSchema[\"Enums\"] | InSchema,",
    "  Name extends Where extends InSchema ? keyof Members<Where, \"Enums\"> : never = never,",
    "> = Member<Where, Name, \"Enums\">",
    "",
    "export type CompositeTypes<",
    "  Where extends keyof DefaultSchema[\"CompositeTypes\"] | InSchema,",
    "  Name extends Where extends InSchema ? keyof Members<Where, \"CompositeTypes\"> : never = "
    "never,",
    "> = Member<Where, Name, \"CompositeTypes\">",
    "",
};

static void put_words(struct typescript *ts, const struct enumeration *words)
{
    struct buf list;
    str key = typescript_key(ts, words->name);

    buf_init(&list, ts->out->mem, 64 << 10);
    for (int i = 0; i < words->nvalues; i++) {
        buf_put(&list, i > 0 ? STR(", ") : STR(""));
        buf_put(&list, typescript_literal(ts, words->values[i]));
    }
    typescript_line(ts, "%.*s: [%.*s],", STR_ARG(key), STR_ARG(buf_str(&list)));
}

static void put_constants(struct typescript *ts)
{
    str rest = ts->schemas, name;
    int count;
    const struct enumeration *list = schema_all_enums(ts->schema, &count);

    typescript_open(ts, "export const Constants =");
    while (str_cut(&rest, ',', &name)) {
        str key = typescript_key(ts, str_trim(name));
        typescript_open(ts, "%.*s:", STR_ARG(key));
        typescript_open(ts, "Enums:");
        for (int i = 0; i < count; i++)
            if (str_eq(list[i].schema, str_trim(name)))
                put_words(ts, &list[i]);
        ts->depth--;
        typescript_line(ts, "},");
        ts->depth--;
        typescript_line(ts, "},");
    }
    ts->depth--;
    typescript_line(ts, "} as const");
}

void typescript_helpers(struct typescript *ts)
{
    str rest = ts->schemas, first;

    str_cut(&rest, ',', &first);
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
        typescript_line(ts, "%s", helpers[i]);
    str name = typescript_literal(ts, str_trim(first));
    typescript_line(ts, "type DefaultSchema = DatabaseWithoutInternals[%.*s]", STR_ARG(name));
    typescript_line(ts, "%s", "");
    put_constants(ts);
}
