/* The schema, as numbered steps: a step that has been released is never changed, only followed by another. */
#include "base/clock.h"
#include "headend/db/backend.h"
#include "headend/db/dialect.h"
#include "headend/db/sql.h"

/* Not under the key that is in effect. */
#define NOT_SEALED(column)                                                                                   \
    "hex(substr(NEW." column ", 1, 8)) IS NOT (SELECT value FROM meta WHERE name = 'database_key')"          \
    "  BEGIN SELECT RAISE(ABORT, 'its key is not sealed under the one in effect'); END"

/* What both databases are told in the same words (dialect.h). */
#define CONTENT_UPLOAD_TABLE                                                                                 \
    "CREATE TABLE content_upload(id TEXT PRIMARY KEY, admin INTEGER NOT NULL REFERENCES admin(id) ON "       \
    "DELETE "                                                                                                \
    "CASCADE,"                                                                                               \
    "  length INTEGER NOT NULL, metadata TEXT NOT NULL, key BLOB NOT NULL, created INTEGER NOT NULL,"        \
    "  ended INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID, STRICT;"                                             \
    "CREATE INDEX content_upload_of_admin ON content_upload(admin, ended);"
#define GRANT_TABLE                                                                                          \
    "CREATE TABLE admin_grant(admin INTEGER NOT NULL REFERENCES admin(id) ON DELETE CASCADE,"                \
    "  role TEXT NOT NULL CHECK(role IN ('viewer','editor','publisher','operator','admin','auditor')),"      \
    "  scope TEXT NOT NULL CHECK(scope IN ('whole','site','channel')), value TEXT NOT NULL,"                 \
    "  PRIMARY KEY(admin, role, scope, value)) WITHOUT ROWID, STRICT;"                                       \
    "INSERT INTO admin_grant SELECT id, 'admin', 'whole', '' FROM admin;"
#define AUDIT_TABLE                                                                                          \
    "CREATE TABLE audit(number INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL,"              \
    "  actor TEXT NOT NULL, address TEXT NOT NULL, session TEXT NOT NULL, operation TEXT NOT NULL,"          \
    "  outcome TEXT NOT NULL, target TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,"              \
    "  hash BLOB NOT NULL) STRICT;"
#define AUDIT_HEAD "INSERT INTO meta(name, value) VALUES('audit_head', '0:');"
#define LOOKED_FOR_COLUMNS                                                                                   \
    "ALTER TABLE device ADD COLUMN reported_state TEXT NOT NULL DEFAULT '';"                                 \
    "ALTER TABLE device ADD COLUMN reported_code TEXT NOT NULL DEFAULT '';"                                  \
    "ALTER TABLE device ADD COLUMN reported_trouble TEXT NOT NULL DEFAULT '';"                               \
    "ALTER TABLE device ADD COLUMN reported_root INTEGER NOT NULL DEFAULT 0;"                                \
    "ALTER TABLE device ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';"                                    \
    "ALTER TABLE device ADD COLUMN site_folded TEXT NOT NULL DEFAULT '';"                                    \
    "ALTER TABLE channel ADD COLUMN title_folded TEXT NOT NULL DEFAULT '';"
#define LOOKED_FOR_INDEX "CREATE INDEX device_by_name ON device(name, id);"

/* 44 */
#define SHOWN_COLUMNS                                                                                        \
    "ALTER TABLE device ADD COLUMN picture TEXT NOT NULL DEFAULT '';"                                        \
    "ALTER TABLE device ADD COLUMN picture_taken INTEGER NOT NULL DEFAULT 0;"                                \
    "ALTER TABLE device ADD COLUMN reported_software TEXT NOT NULL DEFAULT '';"
#define SHOWN_PICTURE(column)                                                                                \
    "(SELECT " column                                                                                        \
    " FROM screen_command AS shot WHERE shot.device = device.id AND shot.name = 'screenshot'"                \
    " AND shot.uploaded > 0 AND shot.outcome = 'done' ORDER BY shot.number DESC LIMIT 1)"
#define SHOWN_PICTURES                                                                                       \
    "UPDATE device SET picture = coalesce(" SHOWN_PICTURE(                                                   \
        "shot.id") ", ''),"                                                                                  \
                   " picture_taken = coalesce(" SHOWN_PICTURE("shot.answered") ", 0);"

#define SEALING 28 /* seals what there is */

/* 35 */
#define LIBRARY_TABLES                                                                                       \
    "CREATE TABLE content(id TEXT PRIMARY KEY, name TEXT NOT NULL, folder TEXT NOT NULL,"                    \
    "  sorted TEXT NOT NULL, words TEXT NOT NULL, version INTEGER NOT NULL, created INTEGER NOT NULL,"       \
    "  changed INTEGER NOT NULL, valid_from INTEGER NOT NULL DEFAULT 0,"                                     \
    "  valid_to INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID, STRICT;"      \
    "CREATE INDEX content_by_name ON content(sorted, id);"                                                   \
    "CREATE INDEX content_by_time ON content(created, id);"                                                  \
    "CREATE TABLE content_file(content TEXT NOT NULL REFERENCES content(id) ON DELETE CASCADE,"              \
    "  version INTEGER NOT NULL, file TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, media_type TEXT NOT NULL,"   \
    "  width INTEGER NOT NULL, height INTEGER NOT NULL, length_ms INTEGER NOT NULL, bytes INTEGER NOT NULL," \
    "  thumbnail INTEGER NOT NULL, sha256 BLOB NOT NULL, sealed_bytes INTEGER NOT NULL,"                     \
    "  sealed_sha256 BLOB NOT NULL, key BLOB NOT NULL, warning TEXT NOT NULL, created INTEGER NOT NULL,"     \
    "  created_by TEXT NOT NULL, PRIMARY KEY(content, version)) WITHOUT ROWID, STRICT;"                      \
    "CREATE INDEX content_file_by_hash ON content_file(sha256);"                                             \
    "CREATE TABLE content_tag(content TEXT NOT NULL REFERENCES content(id) ON DELETE CASCADE,"               \
    "  tag TEXT NOT NULL, PRIMARY KEY(content, tag)) WITHOUT ROWID, STRICT;"                                 \
    "CREATE INDEX content_tag_by_tag ON content_tag(tag);"                                                   \
    "ALTER TABLE content_upload ADD COLUMN content TEXT NOT NULL DEFAULT '';"                                \
    "ALTER TABLE content_upload ADD COLUMN duplicate INTEGER NOT NULL DEFAULT 0;"                            \
    "ALTER TABLE content_upload ADD COLUMN refusal TEXT NOT NULL DEFAULT '';"

/* 36 */
#define SCREEN_TAGS                                                                                          \
    "CREATE TABLE device_tag(device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE, tag TEXT NOT "    \
    "NULL,"                                                                                                  \
    "  PRIMARY KEY(device, tag)) WITHOUT ROWID, STRICT;"                                                     \
    "CREATE INDEX device_tag_by_tag ON device_tag(tag, device);"                                             \
    "CREATE INDEX device_by_site ON device(site, name, id);"                                                 \
    "CREATE INDEX device_by_channel ON device(channel, name, id);"                                           \
    "CREATE INDEX device_by_seen ON device((coalesce(seen, 0)), id);"                                        \
    "CREATE INDEX device_of_problem ON device(name, id) WHERE reported_code <> '';"                          \
    "CREATE INDEX device_in_trouble ON device(name, id) WHERE reported_state NOT IN ('', 'online');"         \
    "CREATE INDEX device_that_waits ON device(name, id) WHERE status = 'approved' OR coalesce(seen, 0) = 0;" \
    "CREATE INDEX device_retired ON device(name, id) WHERE status = 'retired';"
/* 37: what somebody is told of, and how (ops/alert_rule.h): rules; what is so just now, and since when ("ended" 0: it
 * still is; "open": somebody was told, and not yet that it is well again; "count": what has happened since
 * somebody was told); messages that wait, and those that went; and the server that takes mails. */
#define ALERT_TABLES                                                                                         \
    "CREATE TABLE alert_rule(id TEXT PRIMARY KEY, name TEXT NOT NULL, about TEXT NOT NULL, detail TEXT NOT " \
    "NULL,"                                                                                                  \
    "  scope TEXT NOT NULL CHECK(scope IN ('whole', 'site', 'channel', 'tag')), place TEXT NOT NULL,"        \
    "  hold_s INTEGER NOT NULL, repeat_s INTEGER NOT NULL, per_hour INTEGER NOT NULL,"                       \
    "  quiet_from INTEGER NOT NULL, quiet_to INTEGER NOT NULL, time_zone TEXT NOT NULL, locale TEXT NOT "    \
    "NULL,"                                                                                                  \
    "  mail TEXT NOT NULL, webhook TEXT NOT NULL, enabled INTEGER NOT NULL, key BLOB NOT NULL,"              \
    "  created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID, STRICT;"                              \
    "CREATE TABLE alert_case(rule TEXT NOT NULL REFERENCES alert_rule(id) ON DELETE CASCADE,"                \
    "  subject TEXT NOT NULL, site TEXT NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0," \
    "  told INTEGER NOT NULL DEFAULT 0, open INTEGER NOT NULL DEFAULT 0, detail TEXT NOT NULL DEFAULT '',"   \
    "  count INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(rule, subject)) WITHOUT ROWID, STRICT;"                 \
    "CREATE TABLE alert_message(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"                        \
    "  rule TEXT NOT NULL REFERENCES alert_rule(id) ON DELETE CASCADE,"                                      \
    "  way TEXT NOT NULL CHECK(way IN ('mail', 'webhook')), target TEXT NOT NULL, facts TEXT NOT NULL,"      \
    "  status TEXT NOT NULL CHECK(status IN ('waiting', 'sent', 'failed', 'held', 'summed')),"               \
    "  attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, created INTEGER NOT NULL,"                 \
    "  ended INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '') STRICT;"                           \
    "CREATE INDEX alert_message_of_target ON alert_message(rule, way, target, created);"                     \
    "CREATE INDEX alert_message_due ON alert_message(due) WHERE status = 'waiting';"                         \
    "CREATE TABLE mail_server(id TEXT PRIMARY KEY CHECK(id = 'mail'), host TEXT NOT NULL, port INTEGER NOT " \
    "NULL,"                                                                                                  \
    "  tls_first INTEGER NOT NULL, name TEXT NOT NULL, password BLOB NOT NULL, sender TEXT NOT NULL,"        \
    "  key BLOB NOT NULL) WITHOUT ROWID, STRICT;"
/* clang-format off */
/* 42: live data (ops/feed.h): feeds, each with its last value, sealed; which channel shows which; and the keys that may
 * give them values, of which a hash is kept */
#define FEED_TABLES \
    "CREATE TABLE feed(name TEXT PRIMARY KEY, title TEXT NOT NULL, site TEXT NOT NULL, schema TEXT NOT NULL," \
    "  value_max INTEGER NOT NULL, stale_after INTEGER NOT NULL, created INTEGER NOT NULL, key BLOB NOT NULL," \
    "  version INTEGER NOT NULL DEFAULT 0, value_time INTEGER NOT NULL DEFAULT 0, value_by TEXT NOT NULL DEFAULT ''," \
    "  value_size INTEGER NOT NULL DEFAULT 0, value BLOB, taken INTEGER NOT NULL DEFAULT 0," \
    "  refused INTEGER NOT NULL DEFAULT 0, refused_time INTEGER NOT NULL DEFAULT 0," \
    "  refusal TEXT NOT NULL DEFAULT '') STRICT;" \
    "CREATE TABLE channel_feed(channel TEXT NOT NULL REFERENCES channel(id) ON DELETE CASCADE, feed TEXT NOT NULL," \
    "  PRIMARY KEY(channel, feed)) WITHOUT ROWID, STRICT;" \
    "CREATE INDEX channel_feed_by_feed ON channel_feed(feed, channel);" \
    "CREATE TABLE feed_key(id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL UNIQUE," \
    "  created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0," \
    "  revoked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID, STRICT;" \
    "CREATE TABLE feed_key_feed(key TEXT NOT NULL REFERENCES feed_key(id) ON DELETE CASCADE," \
    "  feed TEXT NOT NULL REFERENCES feed(name) ON DELETE CASCADE, PRIMARY KEY(key, feed)) WITHOUT ROWID, STRICT;"
/* 38 */
#define PUBLISHING_TABLES \
    "CREATE TABLE channel_draft(channel TEXT PRIMARY KEY REFERENCES channel(id) ON DELETE CASCADE," \
    "  document TEXT NOT NULL, version INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL)" \
    "  WITHOUT ROWID, STRICT;" \
    "CREATE TABLE draft_content(channel TEXT NOT NULL REFERENCES channel_draft(channel) ON DELETE CASCADE," \
    "  content TEXT NOT NULL, PRIMARY KEY(channel, content)) WITHOUT ROWID, STRICT;" \
    "CREATE INDEX draft_content_by_content ON draft_content(content);" \
    "CREATE TABLE channel_version(channel TEXT NOT NULL REFERENCES channel(id) ON DELETE CASCADE," \
    "  number INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, author TEXT NOT NULL," \
    "  note TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', restored INTEGER NOT NULL, document TEXT NOT NULL," \
    "  manifest TEXT NOT NULL, superseded INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(channel, number))" \
    "  WITHOUT ROWID, STRICT;" \
    "CREATE TABLE channel_version_object(channel TEXT NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL," \
    "  clear BLOB NOT NULL, sha256 BLOB NOT NULL, length INTEGER NOT NULL, media_type TEXT NOT NULL," \
    "  content TEXT NOT NULL, content_version INTEGER NOT NULL, name TEXT NOT NULL," \
    "  PRIMARY KEY(channel, number, place), FOREIGN KEY(channel, number)" \
    "  REFERENCES channel_version(channel, number) ON DELETE CASCADE) WITHOUT ROWID, STRICT;" \
    "CREATE INDEX channel_version_object_by_hash ON channel_version_object(clear);" \
    "CREATE INDEX channel_version_object_by_content ON channel_version_object(content);" \
    "CREATE TABLE publish_job(id TEXT PRIMARY KEY, channel TEXT NOT NULL, kind TEXT NOT NULL" \
    "  CHECK(kind IN ('publish','files','restore','unpublish','remove'))," \
    "  state TEXT NOT NULL CHECK(state IN ('approval','waiting','running','done','failed','declined'))," \
    "  created INTEGER NOT NULL, author TEXT NOT NULL, admin INTEGER NOT NULL, note TEXT NOT NULL," \
    "  document TEXT NOT NULL, pins TEXT NOT NULL, argument TEXT NOT NULL, started INTEGER NOT NULL DEFAULT 0," \
    "  ended INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0," \
    "  attempts INTEGER NOT NULL DEFAULT 0, publish INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT ''," \
    "  decided_by TEXT NOT NULL DEFAULT '') WITHOUT ROWID, STRICT;" \
    "CREATE INDEX publish_job_of_channel ON publish_job(channel, created);" \
    "ALTER TABLE content_file ADD COLUMN checked TEXT NOT NULL DEFAULT '';" \
    "ALTER TABLE content_file ADD COLUMN published INTEGER NOT NULL DEFAULT 0;"
/* clang-format on */

/* 39 */
#define GROUP_TABLES                                                                                         \
    "CREATE TABLE screen_group(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, name_folded TEXT NOT NULL,"   \
    "  priority INTEGER NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID, STRICT;"                          \
    "CREATE INDEX screen_group_by_name ON screen_group(name_folded, id);"                                    \
    "CREATE TABLE group_rule(screen_group TEXT NOT NULL REFERENCES screen_group(id) ON DELETE CASCADE,"      \
    "  kind TEXT NOT NULL CHECK(kind IN ('tag','site')), value TEXT NOT NULL,"                               \
    "  PRIMARY KEY(screen_group, kind, value)) WITHOUT ROWID, STRICT;"                                       \
    "CREATE INDEX group_rule_by_value ON group_rule(kind, value);"                                           \
    "CREATE TABLE group_screen(screen_group TEXT NOT NULL REFERENCES screen_group(id) ON DELETE CASCADE,"    \
    "  device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE, PRIMARY KEY(screen_group, device))"     \
    "  WITHOUT ROWID, STRICT;"                                                                               \
    "CREATE INDEX group_screen_of_device ON group_screen(device);"                                           \
    "CREATE TABLE level_settings(level TEXT NOT NULL CHECK(level IN ('organisation','site','group')),"       \
    "  scope TEXT NOT NULL, time_zone TEXT, locale TEXT, rotation INTEGER, offline_mark INTEGER,"            \
    "  lock_after INTEGER, erase_after INTEGER, PRIMARY KEY(level, scope)) WITHOUT ROWID, STRICT;"           \
    "CREATE TABLE settings_change(number INTEGER PRIMARY KEY AUTOINCREMENT, made INTEGER NOT NULL) STRICT;"  \
    "ALTER TABLE device ADD COLUMN own_settings INTEGER NOT NULL DEFAULT 0;"                                 \
    "UPDATE device SET own_settings = 3 + CASE WHEN rotation <> 0 THEN 4 ELSE 0 END"                         \
    "  + CASE WHEN offline_mark <> 0 THEN 8 ELSE 0 END + CASE WHEN lock_after <> 0 THEN 16 ELSE 0 END;"
/* clang-format off */
/* 45: urgent messages, and the screens that each is for (ops/messages.h). */
#define MESSAGE_TABLES \
    "CREATE TABLE message(id TEXT PRIMARY KEY, severity INTEGER NOT NULL, style TEXT NOT NULL, sound TEXT NOT NULL," \
    "  texts TEXT NOT NULL, targets TEXT NOT NULL, made INTEGER NOT NULL, begins INTEGER NOT NULL," \
    "  ends INTEGER NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0, sent_by TEXT NOT NULL, key TEXT," \
    "  asked TEXT NOT NULL, screens INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1)" \
    "  WITHOUT ROWID, STRICT;" \
    "CREATE UNIQUE INDEX message_key ON message(sent_by, key);" \
    "CREATE INDEX message_by_age ON message(made);" \
    "CREATE TABLE message_screen(message TEXT NOT NULL REFERENCES message(id) ON DELETE CASCADE," \
    "  device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE, shown INTEGER NOT NULL DEFAULT 0," \
    "  shown_at INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(message, device)) WITHOUT ROWID, STRICT;" \
    "CREATE INDEX message_screen_of_device ON message_screen(device);"
/* 41: plays by day, and for how long screens were there (ops/plays.h). Days are counted since 1970, in UTC. */
#define PLAYS_TABLES \
    "CREATE TABLE play_day(day INTEGER NOT NULL, device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE," \
    "  channel TEXT NOT NULL, item TEXT NOT NULL, content TEXT NOT NULL, title TEXT NOT NULL, plays INTEGER NOT NULL," \
    "  shown_ms INTEGER NOT NULL, late INTEGER NOT NULL, PRIMARY KEY(device, day, channel, item, content))" \
    "  WITHOUT ROWID, STRICT;" \
    "CREATE INDEX play_day_by_day ON play_day(day);" \
    "CREATE TABLE presence_day(day INTEGER NOT NULL, device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE," \
    "  seconds INTEGER NOT NULL, PRIMARY KEY(device, day)) WITHOUT ROWID, STRICT;" \
    "CREATE INDEX presence_day_by_day ON presence_day(day);" \
    "CREATE TABLE headend_day(day INTEGER PRIMARY KEY, seconds INTEGER NOT NULL) STRICT;"
/* clang-format on */

/* clang-format off */
/* 43: versions that some screens of a channel have first (ops/rollout.h); what a publish is to be, then; and kinds of
 * jobs are not counted by the table any more */
#define JOB_COLUMNS_BEFORE \
    "id, channel, kind, state, created, author, admin, note, document, pins, argument, started, ended, bytes, total," \
    " attempts, publish, error, decided_by"
#define ROLLOUT_TABLES \
    "CREATE TABLE rollout(id TEXT PRIMARY KEY, channel TEXT NOT NULL REFERENCES channel(id) ON DELETE CASCADE," \
    "  version INTEGER NOT NULL," \
    "  state TEXT NOT NULL CHECK(state IN ('pending','running','halted','done','cancelled'))," \
    "  turn TEXT NOT NULL, snapshot INTEGER NOT NULL, sha256 BLOB NOT NULL, length INTEGER NOT NULL," \
    "  next_sha256 BLOB, next_length INTEGER, plan TEXT NOT NULL, step INTEGER NOT NULL DEFAULT 0," \
    "  stepped INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL," \
    "  ended INTEGER NOT NULL DEFAULT 0, author TEXT NOT NULL, note TEXT NOT NULL," \
    "  reason TEXT NOT NULL DEFAULT '') WITHOUT ROWID, STRICT;" \
    "CREATE INDEX rollout_of_channel ON rollout(channel, version);" \
    "CREATE INDEX rollout_by_version ON rollout(version);" \
    "CREATE UNIQUE INDEX rollout_open ON rollout(channel) WHERE state IN ('pending','running','halted');" \
    "CREATE TABLE rollout_screen(rollout TEXT NOT NULL REFERENCES rollout(id) ON DELETE CASCADE," \
    "  device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE, place INTEGER NOT NULL," \
    "  taken INTEGER NOT NULL DEFAULT 0, before INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(rollout, device))" \
    "  WITHOUT ROWID, STRICT;" \
    "CREATE INDEX rollout_screen_of_device ON rollout_screen(device);" \
    "ALTER TABLE publish_job RENAME TO publish_job_before;" \
    "DROP INDEX publish_job_of_channel;" \
    "CREATE TABLE publish_job(id TEXT PRIMARY KEY, channel TEXT NOT NULL, kind TEXT NOT NULL," \
    "  state TEXT NOT NULL CHECK(state IN ('approval','waiting','running','done','failed','declined'))," \
    "  created INTEGER NOT NULL, author TEXT NOT NULL, admin INTEGER NOT NULL, note TEXT NOT NULL," \
    "  document TEXT NOT NULL, pins TEXT NOT NULL, argument TEXT NOT NULL, started INTEGER NOT NULL DEFAULT 0," \
    "  ended INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0," \
    "  attempts INTEGER NOT NULL DEFAULT 0, publish INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT ''," \
    "  decided_by TEXT NOT NULL DEFAULT '', plan TEXT NOT NULL DEFAULT '') WITHOUT ROWID, STRICT;" \
    "INSERT INTO publish_job(" JOB_COLUMNS_BEFORE ") SELECT " JOB_COLUMNS_BEFORE " FROM publish_job_before;" \
    "DROP TABLE publish_job_before;" \
    "CREATE INDEX publish_job_of_channel ON publish_job(channel, created);"
/* clang-format on */

static const char *const migrations[] = {
    /* 1: administrators, enrolment, screens, channels, publishes, reports */
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE admin(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL,"
    "  created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE admin_session(token_hash BLOB PRIMARY KEY,"
    "  admin INTEGER NOT NULL REFERENCES admin(id) ON DELETE CASCADE,"
    "  created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE throttle(key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last INTEGER NOT NULL,"
    "  blocked_until INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE channel(id TEXT PRIMARY KEY, title TEXT NOT NULL, key BLOB NOT NULL,"
    "  publish INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE device(id TEXT PRIMARY KEY, thumbprint BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
    "  site TEXT NOT NULL, channel TEXT REFERENCES channel(id), time_zone TEXT NOT NULL, locale TEXT NOT "
    "NULL,"
    "  status TEXT NOT NULL CHECK(status IN ('approved','active','retired')), version INTEGER NOT NULL "
    "DEFAULT 1,"
    "  created INTEGER NOT NULL, approved_by TEXT NOT NULL, cookie_hash BLOB, cookie_expires INTEGER,"
    "  certificate_expires INTEGER, seen INTEGER, report TEXT) WITHOUT ROWID, STRICT;"
    "CREATE UNIQUE INDEX device_cookie ON device(cookie_hash) WHERE cookie_hash IS NOT NULL;"
    "CREATE TABLE enrolment(device_code_hash BLOB PRIMARY KEY, user_code_hash BLOB NOT NULL UNIQUE,"
    "  thumbprint BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, interval INTEGER NOT "
    "NULL,"
    "  address TEXT NOT NULL,"
    "  polled_ms INTEGER, status TEXT NOT NULL CHECK(status IN ('pending','approved','denied','done')),"
    "  device TEXT REFERENCES device(id)) WITHOUT ROWID, STRICT;"
    "CREATE TABLE token(hash BLOB PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id),"
    "  expires INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE report(id TEXT PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id), list TEXT NOT NULL,"
    "  kind TEXT NOT NULL, item TEXT NOT NULL, received INTEGER NOT NULL) STRICT;"
    "CREATE INDEX report_of_device ON report(device, list, received);"
    "CREATE TABLE object(clear_sha256 BLOB PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, key BLOB NOT NULL,"
    "  length INTEGER NOT NULL, media_type TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE publish(id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL REFERENCES channel(id),"
    "  snapshot INTEGER NOT NULL, status TEXT NOT NULL CHECK(status IN ('pending','done')),"
    "  created INTEGER NOT NULL) STRICT;",
    /* 2: when an object was last seen in a manifest, so that it is kept for a while after the last one */
    "ALTER TABLE object ADD COLUMN used INTEGER NOT NULL DEFAULT 0;",
    /* 3: from where accounts have signed in, so that strangers cannot keep them out */
    ("CREATE TABLE known_address(account TEXT NOT NULL, address TEXT NOT NULL, last INTEGER NOT NULL,"
     "  PRIMARY KEY(account, address)) WITHOUT ROWID, STRICT;"),
    /* 4: which group of the fingerprint (0 to 3) a person has to type, and how many were wrong */
    "ALTER TABLE enrolment ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE enrolment ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;",
    /* 5: which version of this program has tried out an object, and what is lost of it on screens */
    ("ALTER TABLE object ADD COLUMN checked TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE object ADD COLUMN warning TEXT NOT NULL DEFAULT '';"
     "CREATE TABLE publish_warning(publish INTEGER NOT NULL REFERENCES publish(id) ON DELETE CASCADE,"
     "  file TEXT NOT NULL, warning TEXT NOT NULL) STRICT;"),
    /* 6: the network of the address (address.h), so that the busiest one makes room */
    "ALTER TABLE enrolment ADD COLUMN network TEXT NOT NULL DEFAULT '';",
    /* 7: how many reports screens have lost on their side, under each name that a spool of theirs has had */
    ("CREATE TABLE report_loss(device TEXT NOT NULL REFERENCES device(id), list TEXT NOT NULL,"
     "  spool TEXT NOT NULL, lost INTEGER NOT NULL, PRIMARY KEY(device, list, spool)) WITHOUT ROWID, "
     "STRICT;"),
    /* 8: there is always an administrator */
    ("CREATE TRIGGER admin_last BEFORE DELETE ON admin WHEN (SELECT count(*) FROM admin) = 1"
     "  BEGIN SELECT RAISE(ABORT, '" DB_LAST_ADMIN "'); END;"),
    /* 9: certificates by serial number, and which of them are good; "number" tells the order of their issue */
    "CREATE TABLE certificate(number INTEGER PRIMARY KEY, serial BLOB NOT NULL UNIQUE,"
    "  device TEXT NOT NULL REFERENCES device(id), thumbprint BLOB NOT NULL, issued INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX certificate_of_device ON certificate(device);"
    "CREATE INDEX certificate_of_key ON certificate(thumbprint);",
    /* 10: how a screen's display hangs */
    ("ALTER TABLE device ADD COLUMN rotation INTEGER NOT NULL DEFAULT 0 CHECK(rotation IN (0, 90, 180, "
     "270));"),
    /* 11: new keys for channels that a screen leaves (channel_key.h). Nobody noted on which channels objects were:
     * of what there is, on all. */
    "ALTER TABLE channel ADD COLUMN leavers INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE channel ADD COLUMN next_key BLOB;"
    "ALTER TABLE channel ADD COLUMN next_snapshot INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE channel ADD COLUMN next_leavers INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE channel_old_key(number INTEGER PRIMARY KEY, channel TEXT NOT NULL REFERENCES channel(id),"
    "  key BLOB NOT NULL) STRICT;"
    "ALTER TABLE object ADD COLUMN exposed INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE object_channel(object BLOB NOT NULL, channel TEXT NOT NULL, PRIMARY KEY(object, channel))"
    "  WITHOUT ROWID, STRICT;"
    "INSERT INTO object_channel SELECT object.sha256, channel.id FROM object, channel;"
    "CREATE TRIGGER device_leaves AFTER UPDATE OF channel, status ON device"
    "  WHEN OLD.channel IS NOT NULL AND OLD.status <> 'retired'"
    "  AND (NEW.status = 'retired' OR NEW.channel IS NOT OLD.channel) BEGIN"
    "  UPDATE channel SET leavers = leavers + 1 WHERE id = OLD.channel;"
    "  UPDATE object SET exposed = 1 WHERE sha256 IN (SELECT object FROM object_channel WHERE channel = "
    "OLD.channel);"
    "  END;",
    /* 12: states of a later epoch are newer, whatever their versions: after this database came from a backup */
    "ALTER TABLE device ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;",
    /* 13: whether a screen shows that it is offline */
    ("ALTER TABLE device ADD COLUMN offline_mark INTEGER NOT NULL DEFAULT 0 CHECK(offline_mark IN (0, 1));"),
    /* 14: the key that a screen's secrets are encrypted to, as it announced it: an uncompressed point of P-256 */
    "ALTER TABLE device ADD COLUMN agreement BLOB;",
    /* 15: how a screen shows who it is (ops/device.h) */
    ("ALTER TABLE device ADD COLUMN access TEXT NOT NULL DEFAULT 'certificate'"
     "  CHECK(access IN ('certificate', 'cookie', 'sso', 'password'));"),
    /* 16: what administrators asked of screens, and the receipts; and the key that a screen signs those with, an
     * uncompressed point of P-256 */
    "ALTER TABLE device ADD COLUMN device_key BLOB;"
    "CREATE TABLE screen_command(id TEXT PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id),"
    "  number INTEGER NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL, issued INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL, issued_by TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT 'waiting'"
    "  CHECK(outcome IN ('waiting','accepted','refused','done','failed')), reason TEXT NOT NULL DEFAULT '',"
    "  result TEXT, sequence INTEGER NOT NULL DEFAULT 0, answered INTEGER, receipt TEXT,"
    "  UNIQUE(device, number)) STRICT;",
    /* 17: the bytes that a screen has sent because it was asked to, as they came */
    "ALTER TABLE screen_command ADD COLUMN uploaded INTEGER NOT NULL DEFAULT 0;",
    /* 18: from where screens may ask (network.h): of channel '' is the organisation's, of '*' are the proxies */
    "CREATE TABLE network_range(channel TEXT NOT NULL, range TEXT NOT NULL, UNIQUE(channel, range)) STRICT;"
    "CREATE TRIGGER network_range_ends AFTER DELETE ON channel BEGIN"
    "  DELETE FROM network_range WHERE channel = OLD.id; END;",
    /* 19: s without word of us after which a screen locks, and erases itself; 0: never */
    ("ALTER TABLE device ADD COLUMN lock_after INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE device ADD COLUMN erase_after INTEGER NOT NULL DEFAULT 0;"),
    /* 20: the places of screens' events in their chains, and what was found there (event_chain.h) */
    "CREATE TABLE event_link(number INTEGER PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id),"
    "  chain TEXT NOT NULL, seq INTEGER NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL,"
    "  UNIQUE(device, chain, seq)) STRICT;"
    "CREATE TABLE event_finding(number INTEGER PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id),"
    "  finding TEXT NOT NULL CHECK(finding IN ('gap','fork','rewrite','anew','unchained')), chain TEXT NOT "
    "NULL,"
    "  first INTEGER NOT NULL, last INTEGER NOT NULL, missing INTEGER NOT NULL, found INTEGER NOT NULL,"
    "  item TEXT NOT NULL) STRICT;"
    "CREATE INDEX event_finding_of_device ON event_finding(device);",
    /* 21: temporary display points: who may sign in at a screen and how, and who is (person_session.h) */
    ("CREATE TABLE person_policy(device TEXT PRIMARY KEY REFERENCES device(id) ON DELETE CASCADE,"
     "  session_s INTEGER NOT NULL, most_s INTEGER NOT NULL, password TEXT NOT NULL, issuer TEXT NOT NULL,"
     "  client_id TEXT NOT NULL, scope TEXT NOT NULL, groups_claim TEXT NOT NULL, code TEXT NOT NULL UNIQUE,"
     "  nonce TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '') WITHOUT ROWID, STRICT;"
     "CREATE TABLE person_allowed(device TEXT NOT NULL REFERENCES device(id) ON DELETE CASCADE,"
     "  who TEXT NOT NULL, PRIMARY KEY(device, who)) WITHOUT ROWID, STRICT;"
     "CREATE TABLE person_session(device TEXT PRIMARY KEY REFERENCES device(id) ON DELETE CASCADE,"
     "  id TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, started INTEGER NOT NULL,"
     "  expires INTEGER NOT NULL, until INTEGER NOT NULL, nonce TEXT NOT NULL, phone BLOB) WITHOUT ROWID, "
     "STRICT;"
     "CREATE TABLE id_token_used(hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID, STRICT;"),
    /* 22: which authority issued it, by the SHA-256 of its DER; NULL is the only one that there was (ca_change.h) */
    "ALTER TABLE certificate ADD COLUMN authority BLOB;",
    /* 23: heads of screens' chains of events, as they signed them, and by which key (event_heads.h) */
    ("CREATE TABLE event_head(number INTEGER PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id),"
     "  chain TEXT NOT NULL, seq INTEGER NOT NULL, key BLOB NOT NULL, received INTEGER NOT NULL, jws TEXT "
     "NOT NULL,"
     "  UNIQUE(device, chain, seq)) STRICT;"
     "ALTER TABLE event_finding RENAME TO event_finding_before;"
     "DROP INDEX event_finding_of_device;"
     "CREATE TABLE event_finding(number INTEGER PRIMARY KEY, device TEXT NOT NULL REFERENCES device(id),"
     "  finding TEXT NOT NULL, chain TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
     "  missing INTEGER NOT NULL, found INTEGER NOT NULL, item TEXT NOT NULL) STRICT;"
     "INSERT INTO event_finding SELECT * FROM event_finding_before;"
     "DROP TABLE event_finding_before;"
     "CREATE INDEX event_finding_of_device ON event_finding(device);"),
    /* 24: keys of screens that were removed, which hear what became of them (device_former.h) */
    "CREATE TABLE device_former(number INTEGER PRIMARY KEY, thumbprint BLOB NOT NULL UNIQUE,"
    "  device TEXT NOT NULL) STRICT;"
    "CREATE TRIGGER device_returns AFTER INSERT ON device BEGIN"
    "  DELETE FROM device_former WHERE thumbprint = NEW.thumbprint; END;",
    /* 25: how a screen shows a provider which client it is, and the secret for that, encrypted (client_secret.h) */
    "ALTER TABLE person_policy ADD COLUMN client_auth TEXT NOT NULL DEFAULT 'none'"
    "  CHECK(client_auth IN ('none', 'client_secret_basic', 'client_secret_post'));"
    "ALTER TABLE person_policy ADD COLUMN client_secret TEXT NOT NULL DEFAULT '';",
    /* 26: the proxies that screens are to go through; "credentials" is a JWE that only the screen can read
     * (screen_proxy.h) */
    ("CREATE TABLE device_proxy(device TEXT PRIMARY KEY REFERENCES device(id) ON DELETE CASCADE,"
     "  address TEXT NOT NULL, ca TEXT NOT NULL, except_for TEXT NOT NULL, user TEXT NOT NULL,"
     "  credentials TEXT NOT NULL) WITHOUT ROWID, STRICT;"),
    /* 27: when screens signed those heads, s since 1970 by their clocks; 0: of before this was kept */
    "ALTER TABLE event_head ADD COLUMN signed INTEGER NOT NULL DEFAULT 0;",
    /* 28: keys are sealed, and under no other key than the one in effect (stored_key.h) */
    "CREATE TRIGGER channel_made_sealed BEFORE INSERT ON channel WHEN " NOT_SEALED(
        "key") ";"
               "CREATE TRIGGER channel_key_sealed BEFORE UPDATE OF key ON channel WHEN " NOT_SEALED(
                   "key") ";"
                          "CREATE TRIGGER channel_next_sealed BEFORE UPDATE OF next_key ON channel"
                          "  WHEN NEW.next_key IS NOT NULL AND " NOT_SEALED(
                              "next_key") ";"
                                          "CREATE TRIGGER channel_old_sealed BEFORE INSERT ON "
                                          "channel_old_key WHEN " NOT_SEALED(
                                              "key") ";"
                                                     "CREATE TRIGGER channel_old_key_sealed BEFORE UPDATE OF "
                                                     "key ON channel_old_key WHEN " NOT_SEALED(
                                                         "key") ";"
                                                                "CREATE TRIGGER object_made_sealed BEFORE "
                                                                "INSERT ON object WHEN " NOT_SEALED(
                                                                    "key") ";"
                                                                           "CREATE TRIGGER object_key_sealed "
                                                                           "BEFORE UPDATE OF key ON object "
                                                                           "WHEN " NOT_SEALED("key") ";",
    /* 29: uploads of administrators while they come; "ended" is when it was taken back, ended or was in its place */
    CONTENT_UPLOAD_TABLE
    "CREATE TRIGGER content_upload_sealed BEFORE INSERT ON content_upload WHEN " NOT_SEALED(
        "key") ";"
               "CREATE TRIGGER content_upload_key_sealed BEFORE UPDATE OF key ON content_upload "
               "WHEN " NOT_SEALED("key") ";",
    /* 30: the link that the first administrator is made with (setup_link.h) */
    "CREATE TABLE setup_link(hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID, STRICT;",
    /* 31: what administrators may do, those who are here all; and what was done (ops/audit.h), which stays as it
 * is */
    (GRANT_TABLE
     "DROP TRIGGER admin_last;"
     "CREATE TRIGGER admin_last BEFORE DELETE ON admin WHEN NOT EXISTS(SELECT 1 FROM admin_grant"
     "  WHERE role = 'admin' AND scope = 'whole' AND admin <> OLD.id)"
     "  BEGIN SELECT RAISE(ABORT, '" DB_LAST_ADMIN "'); END;" AUDIT_TABLE
     "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is as it was'); "
     "END;"
     "CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is as it "
     "was'); "
     "END;" AUDIT_HEAD),
    /* 32: what programs know commands by that they ask for (Idempotency-Key) */
    "CREATE TABLE screen_command_key(device TEXT NOT NULL, key TEXT NOT NULL,"
    "  command TEXT NOT NULL REFERENCES screen_command(id) ON DELETE CASCADE, PRIMARY KEY(device, key))"
    "  WITHOUT ROWID, STRICT;"
    "CREATE INDEX screen_command_key_of_command ON screen_command_key(command);",
    /* 33: passkeys; an account that has some may be without a password, which is '' then. "handle" is what it is
   called * towards authenticators (passkeys.h), "host" the name at which the passkey was made */
    "ALTER TABLE admin ADD COLUMN handle BLOB;"
    "CREATE UNIQUE INDEX admin_handle ON admin(handle) WHERE handle IS NOT NULL;"
    "CREATE TABLE passkey(id TEXT PRIMARY KEY, admin INTEGER NOT NULL REFERENCES admin(id) ON DELETE CASCADE,"
    "  credential BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL, host TEXT NOT NULL, name TEXT NOT NULL,"
    "  transports TEXT NOT NULL, sign_count INTEGER NOT NULL, backup_eligible INTEGER NOT NULL,"
    "  backed_up INTEGER NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID, "
    "STRICT;"
    "CREATE INDEX passkey_of_admin ON passkey(admin);"
    "CREATE TABLE passkey_challenge(hash BLOB PRIMARY KEY, network TEXT NOT NULL, created INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL) WITHOUT ROWID, STRICT;",
    /* 34: what lists look for stands in columns of its own, written when it changes: what screens reported, and texts
     * in lower case (text_fold); pages of screens begin where an index can be entered */
    LOOKED_FOR_COLUMNS
    "UPDATE device SET name_folded = fold(name), site_folded = fold(site);"
    "UPDATE device SET reported_state = CAST(coalesce(json_extract(report, '$.state'), '') AS TEXT), "
    "reported_code ="
    " CAST(coalesce(json_extract(report, '$.code'), '') AS TEXT), reported_trouble ="
    " CAST(coalesce(json_extract(report, '$.trouble'), '') AS TEXT), reported_root ="
    " CAST(coalesce(json_extract(report, '$.root_version'), 0) AS INTEGER) WHERE json_valid(report);"
    "UPDATE channel SET title_folded = fold(title);" LOOKED_FOR_INDEX,
    /* 35: the library: what stands in it, its files (one for each version) and tags; and what became of an upload */
    (LIBRARY_TABLES "CREATE TRIGGER content_file_sealed BEFORE INSERT ON content_file WHEN " NOT_SEALED(
        "key") ";"
               "CREATE TRIGGER content_file_key_sealed BEFORE UPDATE OF key ON content_file WHEN " NOT_SEALED(
                   "key") ";"),
    /* 36: tags of screens, and indexes by which a list of those that somebody looks for is entered */
    SCREEN_TAGS,
    /* 37: alerts */
    /* clang-format off */
    (ALERT_TABLES
     "CREATE TRIGGER alert_rule_sealed BEFORE INSERT ON alert_rule WHEN " NOT_SEALED("key") ";"
     "CREATE TRIGGER alert_rule_key_sealed BEFORE UPDATE OF key ON alert_rule WHEN " NOT_SEALED("key") ";"
     "CREATE TRIGGER mail_server_sealed BEFORE INSERT ON mail_server WHEN " NOT_SEALED("key") ";"
     "CREATE TRIGGER mail_server_key_sealed BEFORE UPDATE OF key ON mail_server WHEN " NOT_SEALED("key") ";"),
    /* clang-format on */
    /* 38: what is to be published on a channel, what was, and who is at work on it; of a file of the library, which
     * version of the program has looked at it, and whether its key has become an object's */
    PUBLISHING_TABLES,
    /* 39: groups of screens; and settings of organisation, sites and groups, which screens have where they have none of
     * their own (a bit each in "own_settings", ops/screen_settings.h). What screens have so far is their own, unless it
     * is what they had been given without being asked */
    GROUP_TABLES,
    /* 40: what the administrators' streams of events look at: how often a screen has answered, and a group was changed
     * */
    ("ALTER TABLE device ADD COLUMN receipts INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE screen_group ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"),
    /* 41: what was played, and who was there, by day */
    PLAYS_TABLES,
    /* 42: live data */
    (FEED_TABLES "CREATE TRIGGER feed_sealed BEFORE INSERT ON feed WHEN " NOT_SEALED(
        "key") ";"
               "CREATE TRIGGER feed_key_sealed BEFORE UPDATE OF key ON feed WHEN " NOT_SEALED("key") ";"),
    /* 43: rollouts */
    ROLLOUT_TABLES,
    /* 44: what lists show of each screen: its newest picture, and which software it says it runs */
    SHOWN_COLUMNS "UPDATE device SET reported_software = substr(CAST(coalesce(json_extract(report, "
                  "'$.software'), '') AS TEXT), "
                  "1, 64) WHERE json_valid(report);" SHOWN_PICTURES,
    /* 45: urgent messages */
    MESSAGE_TABLES,
    /* 46: which sessions somebody has, who is locked out, and links by which people set their own password. Sessions of
     * before have no id to be named by, and end */
    ("DELETE FROM admin_session;"
     "ALTER TABLE admin_session ADD COLUMN id TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE admin_session ADD COLUMN address TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE admin_session ADD COLUMN agent TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE admin_session ADD COLUMN name TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE admin ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;"
     "CREATE TABLE user_link(hash BLOB PRIMARY KEY,"
     "  admin INTEGER NOT NULL UNIQUE REFERENCES admin(id) ON DELETE CASCADE,"
     "  expires INTEGER NOT NULL) WITHOUT ROWID, STRICT;"),
};

/* PostgreSQL begins with the schema of that step (postgres_schema.c). */
#define POSTGRESQL_FIRST 28

/* Steps that have another text for PostgreSQL: those with triggers, whose bodies are functions there, and those that
 * move what an empty database has not. */
static const struct {
    size_t number;
    const char *sql;
} postgresql_steps[] = {
    {POSTGRESQL_FIRST, db_postgres_schema},
    {29, CONTENT_UPLOAD_TABLE
     "CREATE TRIGGER content_upload_sealed BEFORE INSERT ON content_upload FOR EACH ROW"
     "  EXECUTE FUNCTION key_sealed();"
     "CREATE TRIGGER content_upload_key_sealed BEFORE UPDATE OF key ON content_upload FOR EACH ROW"
     "  EXECUTE FUNCTION key_sealed();"},
    {31, GRANT_TABLE
     "CREATE OR REPLACE FUNCTION admin_keep_last() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN"
     "  IF NOT EXISTS(SELECT 1 FROM admin_grant WHERE role = 'admin' AND scope = 'whole' AND admin <> OLD.id)"
     "  THEN RAISE EXCEPTION '" DB_LAST_ADMIN "'; END IF; RETURN OLD; END $f$;" AUDIT_TABLE
     "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN"
     "  RAISE EXCEPTION 'the audit is as it was'; END $f$;"
     "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
     "  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();" AUDIT_HEAD},
    {34, LOOKED_FOR_COLUMNS LOOKED_FOR_INDEX},
    {35,
     LIBRARY_TABLES "CREATE TRIGGER content_file_sealed BEFORE INSERT ON content_file FOR EACH ROW"
                    "  EXECUTE FUNCTION key_sealed();"
                    "CREATE TRIGGER content_file_key_sealed BEFORE UPDATE OF key ON content_file FOR EACH ROW"
                    "  EXECUTE FUNCTION key_sealed();"},
    /* clang-format off */
    {37, ALERT_TABLES
     "CREATE TRIGGER alert_rule_sealed BEFORE INSERT ON alert_rule FOR EACH ROW EXECUTE FUNCTION key_sealed();"
     "CREATE TRIGGER alert_rule_key_sealed BEFORE UPDATE OF key ON alert_rule FOR EACH ROW"
     "  EXECUTE FUNCTION key_sealed();"
     "CREATE TRIGGER mail_server_sealed BEFORE INSERT ON mail_server FOR EACH ROW EXECUTE FUNCTION key_sealed();"
     "CREATE TRIGGER mail_server_key_sealed BEFORE UPDATE OF key ON mail_server FOR EACH ROW"
     "  EXECUTE FUNCTION key_sealed();"},
    {42, FEED_TABLES
     "CREATE TRIGGER feed_sealed BEFORE INSERT ON feed FOR EACH ROW EXECUTE FUNCTION key_sealed();"
     "CREATE TRIGGER feed_key_sealed BEFORE UPDATE OF key ON feed FOR EACH ROW EXECUTE FUNCTION key_sealed();"},
    /* clang-format on */
};

static const char *postgresql_step(size_t number) {
    for (size_t i = 0; i < PP_COUNT(postgresql_steps); i++) {
        if (postgresql_steps[i].number == number)
            return postgresql_steps[i].sql;
    }
    return migrations[number - 1];
}

static bool migration_run(struct db *db, size_t number, struct pp_error *error) {
    pp_autobuf struct pp_buf sql = PP_BUF_INIT(DIALECT_SQL_MAX);
    if (!db_is_postgresql(db))
        return db_script(db, migrations[number - 1], error);
    return dialect_tables(postgresql_step(number), &sql, error) && db_script(db, pp_buf_text(&sql), error);
}

static bool migration_apply(struct db *db, size_t number, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error))
        return false;
    /* Another process may have been quicker. */
    db_autorow struct db_row *have =
        db_query_sql(db, error, "SELECT count(*) FROM migration WHERE number = ?", "i", (int64_t)number);
    if (!have || !db_next(have, "migration", error))
        return false;
    if (db_int(have, 0))
        return true;
    db_row_finish(have); /* a table may be dropped */
    if (!migration_run(db, number, error) || (number == SEALING && !stored_key_migrate(db, error)))
        return pp_wrap(error, "migration %zu", number);
    if (!db_run_sql(db, error, "INSERT INTO migration(number, applied) VALUES(?, ?)", "ii", (int64_t)number,
                    pp_clock_realtime_s()))
        return false;
    return db_change_commit(&change, error);
}

/* Several connections may do so at once. */
static bool migration_table_make(struct db *db, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run_sql(
               db, error,
               "CREATE TABLE IF NOT EXISTS migration(number BIGINT PRIMARY KEY, applied BIGINT NOT NULL)",
               "") &&
           db_change_commit(&change, error);
}

size_t db_migration_newest(void) {
    return PP_COUNT(migrations);
}

bool db_migrate(struct db *db, size_t newest, struct pp_error *error) {
    if (!migration_table_make(db, error))
        return false;
    db_autorow struct db_row *row =
        db_query_sql(db, error, "SELECT coalesce(max(number), 0) FROM migration", "");
    if (!row || !db_next(row, "migration", error))
        return false;
    int64_t have = db_int(row, 0);
    db_row_finish(row);
    if (have > (int64_t)PP_COUNT(migrations))
        return pp_fail(error, PP_E_UNSUPPORTED,
                       "the database is of a newer version of this program (schema %lld)", (long long)have);
    if (!have && db_is_postgresql(db))
        have = POSTGRESQL_FIRST - 1;
    for (size_t number = (size_t)have + 1; number <= newest; number++) {
        if (!migration_apply(db, number, error))
            return false;
    }
    if (have < SEALING)
        db->backend->forget(db);
    return true;
}
