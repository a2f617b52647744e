/* What a frontend names its types with: Tables<"books">, TablesInsert<{ schema: "other" },
 * "books">, Enums<"mood">, and the words of the enums as values. See typescript.h. */
#include "openapi/typescript_inside.h"

static const char helpers[] =
    "\n"
    "type DatabaseWithoutInternals = Omit<Database, \"__InternalSupabase\">\n"
    "\n"
    "// A name of the default schema, or { schema } and a name of that one.\n"
    "type InSchema = { schema: keyof DatabaseWithoutInternals }\n"
    "type SchemaOf<Where> =\n"
    "  Where extends { schema: infer Name extends keyof DatabaseWithoutInternals }\n"
    "    ? DatabaseWithoutInternals[Name]\n"
    "    : DefaultSchema\n"
    "type Members<Where, Kind extends keyof DefaultSchema> = SchemaOf<Where>[Kind]\n"
    "type Member<Where, Name, Kind extends keyof DefaultSchema> =\n"
    "  (Where extends InSchema ? Name : Where) extends infer Key extends keyof Members<Where, "
    "Kind>\n"
    "    ? Members<Where, Kind>[Key]\n"
    "    : never\n"
    "\n"
    "export type Tables<\n"
    "  Where extends keyof DefaultSchema[\"Tables\"] | keyof DefaultSchema[\"Views\"] | InSchema,\n"
    "  Name extends Where extends InSchema\n"
    "    ? keyof Members<Where, \"Tables\"> | keyof Members<Where, \"Views\">\n"
    "    : never = never,\n"
    "> =\n"
    "  (Member<Where, Name, \"Tables\"> | Member<Where, Name, \"Views\">) extends { Row: infer Row "
    "}\n"
    "    ? Row\n"
    "    : never\n"
    "\n"
    "export type TablesInsert<\n"
    "  Where extends keyof DefaultSchema[\"Tables\"] | InSchema,\n"
    "  Name extends Where extends InSchema ? keyof Members<Where, \"Tables\"> : never = never,\n"
    "> = Member<Where, Name, \"Tables\"> extends { Insert: infer Insert } ? Insert : never\n"
    "\n"
    "export type TablesUpdate<\n"
    "  Where extends keyof DefaultSchema[\"Tables\"] | InSchema,\n"
    "  Name extends Where extends InSchema ? keyof Members<Where, \"Tables\"> : never = never,\n"
    "> = Member<Where, Name, \"Tables\"> extends { Update: infer Update } ? Update : never\n"
    "\n"
    "export type Enums<\n"
    "  Where extends keyof DefaultSchema[\"Enums\"] | InSchema,\n"
    "  Name extends Where extends InSchema ? keyof Members<Where, \"Enums\"> : never = never,\n"
    "> = Member<Where, Name, \"Enums\">\n"
    "\n"
    "export type CompositeTypes<\n"
    "  Where extends keyof DefaultSchema[\"CompositeTypes\"] | InSchema,\n"
    "  Name extends Where extends InSchema ? keyof Members<Where, \"CompositeTypes\"> : never = "
    "never,\n"
    "> = Member<Where, Name, \"CompositeTypes\">\n"
    "\n";

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
    buf_put(ts->out, str_from(helpers));
    str name = typescript_literal(ts, str_trim(first));
    typescript_line(ts, "type DefaultSchema = DatabaseWithoutInternals[%.*s]", STR_ARG(name));
    typescript_line(ts, "%s", "");
    put_constants(ts);
}
