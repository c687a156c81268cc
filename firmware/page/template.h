/*
 * Page templates:
 *
 *   {{name}}               the value, escaped for HTML text and quoted attributes
 *   {{{name}}}             the value as it is: markup that was made here
 *   {{#name}} … {{/name}}  only where the value is not empty; {{^name}} … {{/name}} only where it is
 *
 * A name without a value is empty. Sections nest.
 */
#ifndef PP_PAGE_TEMPLATE_H
#define PP_PAGE_TEMPLATE_H

#include "base/buf.h"

#define TEMPLATE_NAME_MAX  48 /* bytes with the NUL */
#define TEMPLATE_DEPTH_MAX 8  /* sections in sections */

/* A value by its name; NULL counts as empty. Borrowed. */
typedef const char *template_lookup(void *arg, const char *name);

PP_MUST_USE bool template_render(const char *text, template_lookup *lookup, void *arg, struct pp_buf *out,
                                 struct pp_error *error);

/* Appends text with &, <, >, " and ' escaped, and what must not be shown (base/visible.h). */
PP_MUST_USE bool template_escape(const char *text, struct pp_buf *out, struct pp_error *error);

#endif
