/* Arrays of texts as PostgreSQL reads them: {"one","two"}. Source: PostgreSQL, 8.15.6. */
#ifndef BASE_ARRAY_TEXT_H
#define BASE_ARRAY_TEXT_H

#include "base/buf.h"

/* Appends one element, quoted, with a comma before it unless only the brace stands there. */
void array_text_put(struct buf *buf, str element);

#endif
