#include "tpm/pcrsig.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"

#define HEX_MAX            (2 * PCRSIG_DIGEST_SIZE)
#define SIGNATURE_TEXT_MAX 1024 /* characters of base64 */

static bool take_pcrs(const cJSON *object, uint32_t *pcrs, struct pp_error *error) {
    const cJSON *list, *one;
    if (!pp_json_array(object, "pcrs", PCRSIG_PCR_MAX + 1, &list, error))
        return false;
    cJSON_ArrayForEach(one, list) {
        bool valid = cJSON_IsNumber(one) && one->valuedouble >= 0 && one->valuedouble <= PCRSIG_PCR_MAX &&
                     one->valuedouble == (int)one->valuedouble;
        if (!valid)
            return pp_fail(error, PP_E_INVALID, "pcrs: not numbers from 0 to %d", PCRSIG_PCR_MAX);
        *pcrs |= UINT32_C(1) << one->valueint;
    }
    return *pcrs || pp_fail(error, PP_E_INVALID, "pcrs: empty");
}

static bool take_digest(const cJSON *object, const char *name, uint8_t digest[PCRSIG_DIGEST_SIZE],
                        struct pp_error *error) {
    const char *hex;
    return pp_json_string(object, name, HEX_MAX, &hex, error) &&
           (pp_hex_decode(hex, digest, PCRSIG_DIGEST_SIZE, error) || pp_wrap(error, "%s", name));
}

static bool take_entry(const cJSON *object, struct pcrsig_entry *entry, struct pp_error *error) {
    const char *text;
    if (!cJSON_IsObject(object))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!take_pcrs(object, &entry->pcrs, error) || !take_digest(object, "pkfp", entry->signer, error) ||
        !take_digest(object, "pol", entry->policy, error) ||
        !pp_json_string(object, "sig", SIGNATURE_TEXT_MAX, &text, error))
        return false;
    if (!pp_base64_decode(text, strlen(text), entry->signature, sizeof entry->signature,
                          &entry->signature_size, error))
        return pp_wrap(error, "sig");
    return entry->signature_size > 0 || pp_fail(error, PP_E_INVALID, "sig: empty");
}

static bool take_entries(const cJSON *list, struct pcrsig *pcrsig, struct pp_error *error) {
    const cJSON *one;
    cJSON_ArrayForEach(one, list) {
        if (!take_entry(one, &pcrsig->entries[pcrsig->count], error))
            return pp_wrap(error, "entry %zu", pcrsig->count);
        pcrsig->count++;
    }
    return true;
}

bool pcrsig_parse(const void *json, size_t size, struct pcrsig *pcrsig, struct pp_error *error) {
    *pcrsig = (struct pcrsig){0};
    const cJSON *list = NULL;
    pp_autojson cJSON *document = pp_json_parse(json, size, PCRSIG_SIZE_MAX, error);
    if (!document)
        return false;
    if (!cJSON_IsObject(document))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!pp_json_has(document, "sha256"))
        return true;
    if (!pp_json_array(document, "sha256", PCRSIG_ENTRIES_MAX, &list, error))
        return false;
    pcrsig->entries = calloc(PCRSIG_ENTRIES_MAX, sizeof *pcrsig->entries);
    if (!pcrsig->entries)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (take_entries(list, pcrsig, error))
        return true;
    pcrsig_finish(pcrsig);
    return false;
}

void pcrsig_finish(struct pcrsig *pcrsig) {
    free(pcrsig->entries);
    *pcrsig = (struct pcrsig){0};
}

bool pcrsig_parse_list(const char *text, uint32_t *pcrs, struct pp_error *error) {
    *pcrs = 0;
    for (const char *c = text;;) {
        size_t digits = strspn(c, "0123456789");
        unsigned long number = digits && digits <= 2 ? strtoul(c, NULL, 10) : PCRSIG_PCR_MAX + 1;
        if (number > PCRSIG_PCR_MAX || (c[digits] && c[digits] != ','))
            return pp_fail(error, PP_E_INVALID, "must be numbers from 0 to %d with commas between",
                           PCRSIG_PCR_MAX);
        *pcrs |= UINT32_C(1) << number;
        c += digits;
        if (!*c)
            return true;
        c += *c == ',';
    }
}
