/* See cast.h. A new type is one line here. */
#include "rest/cast.h"

static const struct {
    str name, type;
} casts[] = {
    {STR_ROW("text"),        STR_ROW("text")                       },
    {STR_ROW("varchar"),     STR_ROW("character varying")          },
    {STR_ROW("bpchar"),      STR_ROW("bpchar")                     },
    {STR_ROW("name"),        STR_ROW("name")                       },
    {STR_ROW("int"),         STR_ROW("integer")                    },
    {STR_ROW("integer"),     STR_ROW("integer")                    },
    {STR_ROW("int2"),        STR_ROW("smallint")                   },
    {STR_ROW("smallint"),    STR_ROW("smallint")                   },
    {STR_ROW("int4"),        STR_ROW("integer")                    },
    {STR_ROW("int8"),        STR_ROW("bigint")                     },
    {STR_ROW("bigint"),      STR_ROW("bigint")                     },
    {STR_ROW("numeric"),     STR_ROW("numeric")                    },
    {STR_ROW("decimal"),     STR_ROW("numeric")                    },
    {STR_ROW("real"),        STR_ROW("real")                       },
    {STR_ROW("float4"),      STR_ROW("real")                       },
    {STR_ROW("float8"),      STR_ROW("double precision")           },
    {STR_ROW("float"),       STR_ROW("double precision")           },
    {STR_ROW("money"),       STR_ROW("money")                      },
    {STR_ROW("bool"),        STR_ROW("boolean")                    },
    {STR_ROW("boolean"),     STR_ROW("boolean")                    },
    {STR_ROW("date"),        STR_ROW("date")                       },
    {STR_ROW("time"),        STR_ROW("time without time zone")     },
    {STR_ROW("timetz"),      STR_ROW("time with time zone")        },
    {STR_ROW("timestamp"),   STR_ROW("timestamp without time zone")},
    {STR_ROW("timestamptz"), STR_ROW("timestamp with time zone")   },
    {STR_ROW("interval"),    STR_ROW("interval")                   },
    {STR_ROW("uuid"),        STR_ROW("uuid")                       },
    {STR_ROW("json"),        STR_ROW("json")                       },
    {STR_ROW("jsonb"),       STR_ROW("jsonb")                      },
    {STR_ROW("xml"),         STR_ROW("xml")                        },
    {STR_ROW("bytea"),       STR_ROW("bytea")                      },
    {STR_ROW("inet"),        STR_ROW("inet")                       },
    {STR_ROW("cidr"),        STR_ROW("cidr")                       },
    {STR_ROW("oid"),         STR_ROW("oid")                        },
    {STR_ROW("regclass"),    STR_ROW("regclass")                   },
    {STR_ROW("tsvector"),    STR_ROW("tsvector")                   },
    {STR_ROW("int4range"),   STR_ROW("int4range")                  },
    {STR_ROW("int8range"),   STR_ROW("int8range")                  },
    {STR_ROW("numrange"),    STR_ROW("numrange")                   },
    {STR_ROW("daterange"),   STR_ROW("daterange")                  },
    {STR_ROW("tsrange"),     STR_ROW("tsrange")                    },
    {STR_ROW("tstzrange"),   STR_ROW("tstzrange")                  },
};

str cast_find(str name)
{
    for (size_t i = 0; i < sizeof(casts) / sizeof(casts[0]); i++)
        if (str_ieq(casts[i].name, name))
            return casts[i].type;
    return (str){NULL, 0};
}
