/* The handlers of the table in routes.c, each in the file named above it. */
#ifndef HEADEND_PUSH_HANDLERS_H
#define HEADEND_PUSH_HANDLERS_H

#include "headend/server/request.h"

/* value.c */
void push_value(struct request *request, struct reply *reply);

#endif
