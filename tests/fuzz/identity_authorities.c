/* Whom to trust, as the repository's target, the vault's record and an EST server's answer to cacerts say it. */
#include "identity/authorities.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const struct authorities *trusted, const uint8_t *data, size_t size) {
    struct authority_record next = {0};
    char told[PP_ERROR_MESSAGE_MAX];
    if (authorities_take_target(trusted, (const char *)data, size, &next, NULL))
        authority_record_finish(&next);
    if (authorities_take_answer(trusted, data, size, 1790000000, &next, told, NULL))
        authority_record_finish(&next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct authority_record record = {0};
    struct authorities trusted = {0};
    take(&trusted, data, size);
    if (!authority_record_read((const char *)data, size, &record, NULL))
        return 0;
    /* What is kept is read as it was written. */
    pp_autobuf struct pp_buf json = PP_BUF_INIT(AUTHORITY_RECORD_MAX);
    struct authority_record again = {0};
    if (authority_record_write(&record, &json, NULL) &&
        !authority_record_read(pp_buf_text(&json), json.size, &again, NULL))
        __builtin_trap();
    authority_record_finish(&again);
    trusted.record = record;
    take(&trusted, data, size);
    authority_record_finish(&trusted.record);
    return 0;
}
