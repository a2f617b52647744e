/* The handlers of /api/docs, named by "by:" in its route files. */
#ifndef DOCS_H
#define DOCS_H

#include "api.h"

call_fn docs_list, docs_search, docs_page, docs_roadmap, docs_agent;

#endif
