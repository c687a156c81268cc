/* The handlers of the table in routes.c, each in the file named above it. */
#ifndef HEADEND_DEVICE_HANDLERS_H
#define HEADEND_DEVICE_HANDLERS_H

#include "headend/server/intake.h"
#include "headend/server/request.h"

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
/* Whether a poll that has nothing new is to wait (again): *reply says so then. */
bool device_waits(struct request *request, struct reply *reply);
/* feeds.c */
void device_feeds(struct request *request, struct reply *reply);
/* receipts.c */
void command_receipt_post(struct request *request, struct reply *reply);
/* uploads.c */
extern const struct body_sink upload_sink;
void upload_put(struct request *request, struct reply *reply);
/* sign_in.c */
void device_sign_in(struct request *request, struct reply *reply);
void device_sign_out(struct request *request, struct reply *reply);
/* reports.c */
void report_status(struct request *request, struct reply *reply);
void report_events(struct request *request, struct reply *reply);
void report_playlog(struct request *request, struct reply *reply);
/* repo_files.c */
void repo_file(struct request *request, struct reply *reply);

#endif
