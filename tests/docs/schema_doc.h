/* SPDX-License-Identifier: GPL-2.0-only */
/* schema_doc.h - what Documentation has of the schema of events, made from it. */
#ifndef CLEAVE_SCHEMA_DOC_H
#define CLEAVE_SCHEMA_DOC_H

#include <stdio.h>

/* Lines of figures.md between which the table stands. */
#define DOC_BEGIN	"<!-- made from user/core/schema.c by make docs -->\n"
#define DOC_END		"<!-- end of what is made -->\n"

/**
 * doc_json_schema() - the schema as a JSON Schema
 * @f: where to
 */
void doc_json_schema(FILE *f);

/**
 * doc_tables() - the fields of each event as tables in Markdown
 * @f: where to
 */
void doc_tables(FILE *f);

#endif /* CLEAVE_SCHEMA_DOC_H */
