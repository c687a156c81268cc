/* The handlers of the route table (routes.c), each in the file named above it. */
#ifndef HEADEND_HANDLERS_H
#define HEADEND_HANDLERS_H

#include "headend/http.h"

/* oauth.c: RFC 8628 */
void oauth_device_authorization(struct request *request, struct reply *reply);
void oauth_token(struct request *request, struct reply *reply);
/* est.c: RFC 7030 */
void est_cacerts(struct request *request, struct reply *reply);
void est_simpleenroll(struct request *request, struct reply *reply);
void est_simplereenroll(struct request *request, struct reply *reply);
/* state.c */
void device_session(struct request *request, struct reply *reply);
void device_state(struct request *request, struct reply *reply);
/* receipts.c */
void command_receipt_post(struct request *request, struct reply *reply);
/* screen_uploads.c: the first is asked before the body is read */
bool upload_admit(struct request *request, struct reply *reply);
void upload_put(struct request *request, struct reply *reply);
/* sign_in.c */
void device_sign_in(struct request *request, struct reply *reply);
void device_sign_out(struct request *request, struct reply *reply);
/* pages_access.c */
void page_access(struct request *request, struct reply *reply);
void page_access_submit(struct request *request, struct reply *reply);
void page_access_sign_out(struct request *request, struct reply *reply);
/* reports.c */
void report_status(struct request *request, struct reply *reply);
void report_events(struct request *request, struct reply *reply);
void report_playlog(struct request *request, struct reply *reply);
/* security_contact.c: RFC 9116 */
void security_txt(struct request *request, struct reply *reply);
/* repo_files.c */
void repo_file(struct request *request, struct reply *reply);
/* pages_sign_in.c */
void page_sign_in(struct request *request, struct reply *reply);
void page_sign_in_submit(struct request *request, struct reply *reply);
void page_sign_out(struct request *request, struct reply *reply);
/* pages_enrol.c */
void page_enrol(struct request *request, struct reply *reply);
void page_enrol_submit(struct request *request, struct reply *reply);
void page_enrol_done(struct request *request, struct reply *reply);
/* pages_screens.c */
void page_screens(struct request *request, struct reply *reply);
/* pages_screen.c */
void page_screen(struct request *request, struct reply *reply);
void page_screen_submit(struct request *request, struct reply *reply);
/* pages.c */
void page_home(struct request *request, struct reply *reply);
void page_asset(struct request *request, struct reply *reply);

#endif
