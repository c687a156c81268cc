/* The handlers of the table in routes.c, each in the file named above it. */
#ifndef HEADEND_API_HANDLERS_H
#define HEADEND_API_HANDLERS_H

#include "headend/server/route.h"

/* session.c */
void api_session(struct request *request, struct reply *reply);
void api_session_end(struct request *request, struct reply *reply);
/* events.c */
void api_events(struct request *request, struct reply *reply);
/* screens.c */
extern const struct list_form api_screens_form;
void api_screens(struct request *request, struct reply *reply);
void api_screen(struct request *request, struct reply *reply);

#endif
