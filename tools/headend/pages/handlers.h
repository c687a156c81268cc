/* The handlers of the table in routes.c, each in the file named above it. */
#ifndef HEADEND_PAGES_HANDLERS_H
#define HEADEND_PAGES_HANDLERS_H

#include "headend/server/request.h"

/* access.c */
void page_access(struct request *request, struct reply *reply);
void page_access_submit(struct request *request, struct reply *reply);
void page_access_sign_out(struct request *request, struct reply *reply);
/* sign_in.c */
void page_sign_in(struct request *request, struct reply *reply);
void page_sign_in_submit(struct request *request, struct reply *reply);
void page_sign_out(struct request *request, struct reply *reply);
/* enrol.c */
void page_enrol(struct request *request, struct reply *reply);
void page_enrol_submit(struct request *request, struct reply *reply);
void page_enrol_done(struct request *request, struct reply *reply);
/* screens.c */
void page_screens(struct request *request, struct reply *reply);
/* screen.c */
void page_screen(struct request *request, struct reply *reply);
void page_screen_submit(struct request *request, struct reply *reply);
/* setup.c */
void page_setup(struct request *request, struct reply *reply);
/* page.c */
void page_home(struct request *request, struct reply *reply);
void page_asset(struct request *request, struct reply *reply);
/* door.c */
void page_door(struct request *request, struct reply *reply);
/* console.c */
void page_console(struct request *request, struct reply *reply);
void page_console_asset(struct request *request, struct reply *reply);
void page_console_home(struct request *request, struct reply *reply);

#endif
