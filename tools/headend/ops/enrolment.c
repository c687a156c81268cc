#include "headend/ops/enrolment.h"

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/random.h"
#include "headend/ops/channel.h"
#include "headend/ops/device_certificate.h"

#define TIME_ZONE_META "time_zone" /* in `meta` */
#define EXPIRED_KEPT_S 3600        /* so that a late poll still hears "expired_token" */

/* What one screen or one address may have at a time. */
static bool enrolment_share(struct db *db, const uint8_t thumbprint[32], const char *address, int64_t now,
                            struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_ENROLMENT_COUNT_SHARE, DB_TEXT(address), DB_BLOB(thumbprint, 32), DB_INT(now));
    if (!row || !db_next(row, "count", error))
        return false;
    if (db_int(row, 1) >= ENROLMENT_PER_KEY_MAX)
        return pp_fail(error, PP_E_LIMIT, "this screen has just asked for several codes");
    if (db_int(row, 0) >= ENROLMENT_PER_ADDRESS_MAX)
        return pp_fail(error, PP_E_LIMIT, "too many screens are waiting for approval");
    return true;
}

/* Where there is one more than there may be, the oldest goes, of the address that has most in the network that has
 * most: whoever asks for many codes takes them from himself. */
static bool enrolment_make_room(struct db *db, int64_t now, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ENROLMENT_COUNT_PENDING, DB_INT(now));
    if (!row || !db_next(row, "count", error))
        return false;
    if (db_int(row, 0) <= ENROLMENT_PENDING_MAX)
        return true;
    return db_run(db, error, DB_ENROLMENT_REMOVE_OF_BUSIEST, DB_INT(now));
}

bool enrolment_start(struct db *db, const uint8_t thumbprint[32], const struct enrolment_origin *origin,
                     int64_t lifetime_s, int64_t interval_s, struct enrolment_codes *codes,
                     struct pp_error *error) {
    uint8_t device_hash[SECRET_HASH_SIZE];
    uint8_t user_hash[SECRET_HASH_SIZE];
    uint8_t asked = 0; /* of the fingerprint's four groups */
    if (!crypto_random(&asked, sizeof asked, error) || !secret_make(codes->device_code, error) ||
        !secret_hash("device-code", codes->device_code, device_hash, error) ||
        !user_code_make(codes->user_code, error) || !user_code_hash(codes->user_code, user_hash, error))
        return false;
    int64_t now = pp_clock_realtime_s();
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run(db, error, DB_ENROLMENT_TRIM_OF_KEY, DB_BLOB(thumbprint, 32),
                  DB_INT(ENROLMENT_PER_KEY_MAX - 1), DB_INT(now - ENROLMENT_KEY_AGE_S)) &&
           enrolment_share(db, thumbprint, origin->address, now, error) &&
           db_run(db, error, DB_ENROLMENT_ADD, DB_BLOB(device_hash, sizeof device_hash),
                  DB_BLOB(user_hash, sizeof user_hash), DB_BLOB(thumbprint, 32), DB_TEXT(origin->address),
                  DB_INT(now), DB_INT(now + lifetime_s), DB_INT(interval_s), DB_TEXT(origin->network),
                  DB_INT(asked % 4)) &&
           enrolment_make_room(db, now, error) && db_change_commit(&change, error);
}

/* One row of a poll. */
struct polled {
    const uint8_t *hash;
    char status[16];
    char device[UUID_TEXT_SIZE];
    int64_t expires, interval, polled_ms;
};

static bool polled_find(struct db *db, struct polled *polled, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_ENROLMENT_POLLED, DB_BLOB(polled->hash, SECRET_HASH_SIZE));
    if (!row || !db_next(row, "device code", error))
        return false;
    snprintf(polled->status, sizeof polled->status, "%s", db_text(row, 0));
    snprintf(polled->device, sizeof polled->device, "%s", db_text(row, 1));
    polled->expires = db_int(row, 2);
    polled->interval = db_int(row, 3);
    polled->polled_ms = db_int(row, 4);
    return true;
}

static bool grant_token(struct db *db, const struct polled *polled, char token[SECRET_TEXT_SIZE],
                        struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    db_autochange struct db_change change = {0};
    return secret_make(token, error) && secret_hash("token", token, hash, error) &&
           db_change_begin(&change, db, error) &&
           db_run(db, error, DB_TOKEN_REMOVE_OF_DEVICE, DB_TEXT(polled->device)) &&
           db_run(db, error, DB_TOKEN_ADD, DB_BLOB(hash, sizeof hash), DB_TEXT(polled->device),
                  DB_INT(pp_clock_realtime_s() + ENROLMENT_TOKEN_S)) &&
           db_change_commit(&change, error);
}

static enum enrolment_poll poll_decide(const struct polled *polled, int64_t now_ms) {
    if (polled->expires <= now_ms / 1000 || strcmp(polled->status, "done") == 0)
        return ENROLMENT_EXPIRED;
    if (strcmp(polled->status, "denied") == 0)
        return ENROLMENT_DENIED;
    if (now_ms >= polled->polled_ms &&
        now_ms - polled->polled_ms < polled->interval * 1000 - ENROLMENT_SLACK_MS)
        return ENROLMENT_SLOW_DOWN;
    return strcmp(polled->status, "approved") == 0 ? ENROLMENT_GRANTED : ENROLMENT_PENDING;
}

/* Notes the poll. Its loss in a power cut does no harm, so that whoever polls fast does not keep the disk
 * busy. */
static bool poll_record(struct db *db, const struct polled *polled, int64_t now_ms, bool slower,
                        struct pp_error *error) {
    return db_run_unsynced(db, error, DB_ENROLMENT_POLLED_SET, DB_INT(now_ms),
                           DB_INT((slower ? ENROLMENT_SLOW_DOWN_S : 0)),
                           DB_BLOB(polled->hash, SECRET_HASH_SIZE));
}

bool enrolment_poll(struct db *db, const char *device_code, enum enrolment_poll *result,
                    char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    struct polled polled = {.hash = hash};
    struct pp_error missing = {0};
    if (!secret_hash("device-code", device_code, hash, error))
        return false;
    if (!polled_find(db, &polled, &missing)) {
        *result = ENROLMENT_UNKNOWN;
        return missing.code == PP_E_NOTFOUND ? true : pp_fail(error, missing.code, "%s", missing.message);
    }
    int64_t now_ms = pp_clock_realtime_ms();
    *result = poll_decide(&polled, now_ms);
    return poll_record(db, &polled, now_ms, *result == ENROLMENT_SLOW_DOWN, error) &&
           (*result != ENROLMENT_GRANTED || grant_token(db, &polled, token, error));
}

bool enrolment_find(struct db *db, const char user_code[USER_CODE_SIZE], struct enrolment *enrolment,
                    struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (!user_code_hash(user_code, hash, error))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_ENROLMENT_FIND, DB_BLOB(hash, sizeof hash));
    if (!row || !db_next(row, "code", error) ||
        !db_bytes(row, 0, enrolment->thumbprint, sizeof enrolment->thumbprint, error))
        return false;
    enrolment->expires = db_int(row, 1);
    snprintf(enrolment->status, sizeof enrolment->status, "%s", db_text(row, 2));
    snprintf(enrolment->device, sizeof enrolment->device, "%s", db_text(row, 3));
    enrolment->asked = (unsigned)db_int(row, 4) % FINGERPRINT_GROUPS;
    enrolment->wrong = db_int(row, 5);
    if (enrolment->expires <= pp_clock_realtime_s())
        return pp_fail(error, PP_E_EXPIRED, "the code has expired; the screen shows a new one");
    return true;
}

/* Rows of one screen stand side by side: each adds what its code asks for, and the last hands it on. */
static bool waiting_next(struct db_row *row, struct enrolment_waiting *waiting, char *address, bool *another,
                         struct pp_error *error) {
    uint8_t thumbprint[32];
    if (!db_bytes(row, 0, thumbprint, sizeof thumbprint, error))
        return false;
    *another = memcmp(thumbprint, waiting->thumbprint, sizeof thumbprint) != 0;
    if (!*another) {
        waiting->asked |= 1U << db_int(row, 4) % FINGERPRINT_GROUPS;
        return true;
    }
    memcpy(waiting->thumbprint, thumbprint, sizeof thumbprint);
    waiting->created = db_int(row, 1);
    waiting->expires = db_int(row, 2);
    waiting->asked = 1U << db_int(row, 4) % FINGERPRINT_GROUPS;
    snprintf(address, ADDRESS_TEXT_SIZE, "%s", db_text(row, 3));
    return true;
}

bool enrolment_each_waiting(struct db *db,
                            bool (*each)(void *arg, const struct enrolment_waiting *waiting,
                                         struct pp_error *error),
                            void *arg, struct pp_error *error) {
    char address[ADDRESS_TEXT_SIZE];
    char address_before[ADDRESS_TEXT_SIZE] = "";
    struct enrolment_waiting waiting = {.address = address};
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_ENROLMENT_PENDING, DB_INT(pp_clock_realtime_s()));
    if (!row)
        return false;
    while (db_next(row, "enrolment", &end)) {
        bool another;
        struct enrolment_waiting before = waiting;
        if (before.created)
            memcpy(address_before, address, sizeof address);
        before.address = address_before;
        if (!waiting_next(row, &waiting, address, &another, error))
            return false;
        if (another && before.created && !each(arg, &before, error))
            return false;
    }
    if (end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    return !waiting.created || each(arg, &waiting, error);
}

static bool enrolment_pending(struct db *db, const char *user_code, struct enrolment *enrolment,
                              struct pp_error *error) {
    if (!enrolment_find(db, user_code, enrolment, error))
        return false;
    return strcmp(enrolment->status, "pending") == 0
               ? true
               : pp_fail(error, PP_E_STATE, "the code has been used already (%s)", enrolment->status);
}

/* What a retired screen had as certificates stays refused when it is approved again. */
static bool forget_retired(struct db *db, const char *id, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_IS_RETIRED, DB_TEXT(id));
    if (!row || !db_next(row, "screen", error))
        return false;
    return !db_int(row, 0) || device_certificates_revoke(db, id, error);
}

/* The id of the device with this key, or a new one. */
static bool device_id_for(struct db *db, const uint8_t thumbprint[32], char id[UUID_TEXT_SIZE],
                          struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_ID_BY_KEY, DB_BLOB(thumbprint, 32));
    struct pp_error missing = {0};
    if (!row)
        return false;
    if (!db_next(row, "screen", &missing))
        return missing.code == PP_E_NOTFOUND ? uuid_make(id, error)
                                             : pp_fail(error, missing.code, "%s", missing.message);
    snprintf(id, UUID_TEXT_SIZE, "%s", db_text(row, 0));
    return true;
}

static bool device_save(struct db *db, const char *id, const uint8_t thumbprint[32],
                        const struct device_settings *settings, const char *by, struct pp_error *error) {
    const char *channel = settings->channel && *settings->channel ? settings->channel : NULL;
    bool made;
    if (channel &&
        !channel_make(db, channel, settings->channel_title ? settings->channel_title : channel, &made, error))
        return false;
    char name[TEXT_FOLDED_SIZE], site[TEXT_FOLDED_SIZE];
    return db_run(db, error, DB_DEVICE_SAVE, DB_TEXT(id), DB_BLOB(thumbprint, 32), DB_TEXT(settings->name),
                  DB_TEXT(settings->site ? settings->site : ""), DB_TEXT(channel),
                  DB_TEXT(settings->time_zone), DB_TEXT(settings->locale), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(by), DB_TEXT(settings->access), DB_TEXT(text_folded(settings->name, name)),
                  DB_TEXT(text_folded(settings->site ? settings->site : "", site))) &&
           /* It is in use again: what was to be erased is not. */
           db_run(db, error, DB_COMMAND_REFUSE_ERASURES, DB_TEXT(id));
}

static bool enrolment_decide(struct db *db, const char *user_code, const char *status, const char *device,
                             struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    return user_code_hash(user_code, hash, error) && db_run(db, error, DB_ENROLMENT_DECIDE, DB_TEXT(status),
                                                            DB_TEXT(device), DB_BLOB(hash, sizeof hash));
}

/* The hex digits of what was typed; "" where there is anything else in it. */
static void answer_digits(const char *typed, char digits[PP_HEX_SIZE(8)]) {
    size_t count = 0;
    for (; *typed; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        char digit = *typed >= 'A' && *typed <= 'F' ? (char)(*typed - 'A' + 'a') : *typed;
        if (count == PP_HEX_SIZE(8) - 1 || !strchr("0123456789abcdef", digit)) {
            count = 0;
            break;
        }
        digits[count++] = digit;
    }
    digits[count] = 0;
}

static bool answer_is_right(const struct enrolment *enrolment, const struct enrolment_answer *answer) {
    char typed[PP_HEX_SIZE(8)];
    char shown[PP_HEX_SIZE(8)];
    answer_digits(answer->text, typed);
    pp_hex_encode(enrolment->thumbprint, 8, shown);
    if (strlen(typed) == sizeof shown - 1)
        return crypto_equal(typed, shown, sizeof shown);
    if (strlen(typed) != FINGERPRINT_GROUP)
        return false;
    bool right = false;
    for (unsigned group = 0; group < FINGERPRINT_GROUPS; group++)
        right |= crypto_equal(typed, shown + (size_t)group * FINGERPRINT_GROUP, FINGERPRINT_GROUP) &&
                 (answer->any_group || group == enrolment->asked);
    return right;
}

/* Counts a wrong answer; the last that is allowed ends the code, as its time would. */
static bool answer_refuse(struct db *db, const char *user_code, const struct enrolment *enrolment,
                          struct db_change *change, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    bool over = enrolment->wrong + 1 >= ENROLMENT_WRONG_MAX;
    if (!user_code_hash(user_code, hash, error) ||
        !db_run(db, error, DB_ENROLMENT_WRONG, DB_INT(over), DB_INT(pp_clock_realtime_s()),
                DB_BLOB(hash, sizeof hash)) ||
        !db_change_commit(change, error))
        return false;
    return pp_fail(error, PP_E_AUTH, "the screen with this code shows another fingerprint%s",
                   over ? "; too many wrong answers, it shows a new code now" : "");
}

/* What the screen has given up for this code: other codes of its key, and an approval that it has not used. */
static bool void_former(struct db *db, const struct enrolment *enrolment, const char *user_code,
                        const char *id, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    return user_code_hash(user_code, hash, error) &&
           db_run(db, error, DB_TOKEN_REMOVE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_ENROLMENT_DONE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_ENROLMENT_REMOVE_OTHERS_OF_KEY,
                  DB_BLOB(enrolment->thumbprint, sizeof enrolment->thumbprint), DB_BLOB(hash, sizeof hash));
}

bool enrolment_approve(struct db *db, const char user_code[USER_CODE_SIZE],
                       const struct enrolment_answer *answer, const struct device_settings *settings,
                       const char *by, char id[UUID_TEXT_SIZE], struct pp_error *error) {
    struct enrolment enrolment;
    db_autochange struct db_change change = {0};
    if (!device_settings_check(settings, error) || !db_change_begin(&change, db, error) ||
        !enrolment_pending(db, user_code, &enrolment, error))
        return false;
    if (!answer_is_right(&enrolment, answer))
        return answer_refuse(db, user_code, &enrolment, &change, error);
    return device_id_for(db, enrolment.thumbprint, id, error) && forget_retired(db, id, error) &&
           device_save(db, id, enrolment.thumbprint, settings, by, error) &&
           void_former(db, &enrolment, user_code, id, error) &&
           enrolment_decide(db, user_code, "approved", id, error) && db_change_commit(&change, error);
}

bool enrolment_refuse(struct db *db, const char user_code[USER_CODE_SIZE], struct pp_error *error) {
    struct enrolment enrolment;
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && enrolment_pending(db, user_code, &enrolment, error) &&
           enrolment_decide(db, user_code, "denied", NULL, error) && db_change_commit(&change, error);
}

bool enrolment_token_find(struct db *db, const char *token, struct device *device, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (!secret_hash("token", token, hash, error))
        return false;
    db_autorow struct db_row *row =
        db_query(db, error, DB_TOKEN_FIND, DB_BLOB(hash, sizeof hash), DB_INT(pp_clock_realtime_s()));
    struct pp_error missing = {0};
    if (!row)
        return false;
    if (!db_next(row, "token", &missing))
        return pp_fail(error, missing.code == PP_E_NOTFOUND ? PP_E_AUTH : missing.code,
                       "the token is wrong, used or expired");
    return device_find(db, db_text(row, 0), device, error);
}

bool enrolment_finish(struct db *db, const char *id, int64_t certificate_expires, struct pp_error *error) {
    return db_run(db, error, DB_TOKEN_REMOVE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_ENROLMENT_DONE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_DEVICE_ACTIVATE, DB_INT(certificate_expires), DB_TEXT(id)) &&
           (db_changes(db) ? true : pp_fail(error, PP_E_STATE, "this screen is retired here"));
}

bool enrolment_purge(struct db *db, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    return db_run(db, error, DB_ENROLMENT_PURGE, DB_INT(now - EXPIRED_KEPT_S)) &&
           db_run(db, error, DB_TOKEN_PURGE, DB_INT(now)) && device_certificates_purge(db, now, error);
}

bool enrolment_certify(struct db *db, const char *id, const struct certificate_facts *facts, int64_t expires,
                       struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && device_certificate_add(db, id, facts, error) &&
           enrolment_finish(db, id, expires, error) && db_change_commit(&change, error);
}

char *enrolment_time_zone(struct db *db, struct pp_error *error) {
    return db_meta_get(db, TIME_ZONE_META, error);
}

bool enrolment_time_zone_set(struct db *db, const char *zone, struct pp_error *error) {
    return db_meta_set(db, TIME_ZONE_META, zone, error);
}
