/* What answers of the API have in common. */
#ifndef HEADEND_API_ANSWER_H
#define HEADEND_API_ANSWER_H

#include "headend/server/request.h"

/* Seconds since 1970; 0 is null. */
void api_add_time(cJSON *object, const char *name, int64_t seconds);
/* "" is null. */
void api_add_text(cJSON *object, const char *name, const char *text);

/* JSON with an entity tag; 304 where the client has it already. */
void api_reply_tagged(const struct request *request, struct reply *reply, const cJSON *value);
/* Whether the request's If-Match names what `value` is now; false: it is answered, 412 or 428. */
bool api_allows_change(const struct request *request, struct reply *reply, const cJSON *value);

#endif
