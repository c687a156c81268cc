/* /admin/setup: the first account. What the link has behind its '#' only the page's script sees, which asks the API. */
#include "headend/pages/handlers.h"
#include "headend/pages/page.h"

void page_setup(struct request *request, struct reply *reply) {
    page_auto struct page page;
    page_start(&page, request);
    page_set(&page, "title", page_text(&page, "setup.title"));
    page_set(&page, "plain", "1");
    page_reply(&page, request, reply, MHD_HTTP_OK, "setup.html");
}
