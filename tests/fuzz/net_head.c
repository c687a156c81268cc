/* Header lines of an answer: the first two bytes choose the status and the range asked for. */
#include <string.h>

#include "net/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {200, 206, 416, 503};
    if (size < 2)
        return 0;
    struct net_response response;
    struct net_head head = NET_HEAD_INIT;
    net_response_init(&response, 1000);
    response.status = statuses[data[0] & 3];
    uint64_t range = data[1];
    const uint8_t *end = data + size;
    bool valid = true;
    for (data += 2; valid && data < end;) {
        const uint8_t *line_end = memchr(data, '\n', (size_t)(end - data));
        size_t length = line_end ? (size_t)(line_end - data) + 1 : (size_t)(end - data);
        valid = net_head_line(&head, (const char *)data, length, NULL);
        data += length;
    }
    if (valid && net_head_finish(&head, range, 1000000000, &response, NULL))
        net_response_header(&response, "set-cookie");
    pp_buf_finish(&head.text);
    net_response_finish(&response);
    return 0;
}
