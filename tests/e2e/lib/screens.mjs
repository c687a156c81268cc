// The screens that the console shows, beside what `fill` makes of them (console.mjs).
import path from 'node:path';

const picture = path.resolve(import.meta.dirname, '../../../assets/demo/welcome.jpg');

const status = JSON.stringify({ state: 'online', code: '', trouble: '', software: '1.5.2', time: '2026-11-30T20:00:00Z', time_source: 'network', device_key: 'TPM 2.0', store: { bytes: 734003200, free_bytes: 12884901888, objects: 48, quarantined: 0 },
  display: { width: 1920, height: 1080, driver: 'kmsdrm' } });
const diagnosis = JSON.stringify({ verdict: 'warning', checks: [['link', 'ok', ''], ['address', 'ok', ''], ['dns', 'ok', ''], ['tls', 'ok', ''], ['time', 'ok', ''], ['storage', 'warning', '1.2 GB free of 16 GB'], ['display', 'ok', '']].map(([name, verdict, detail]) => ({ name, verdict, finding: name, detail })) });

// What such a chain says of its screens: tags, the software that they run, groups, settings of each level; and that pictures of some are there
// (which `picturesOf` puts into a page).
export const arrange = (headend) => headend.sql(`
  INSERT INTO device_tag(device, tag) SELECT id, CASE WHEN name LIKE 'Window%' THEN 'window' ELSE 'inside' END FROM device;
  INSERT INTO device_tag(device, tag) SELECT id, 'portrait' FROM device WHERE name LIKE 'Lift%' OR name LIKE 'Window left%';
  UPDATE device SET reported_software = CASE WHEN site IN ('Lille', 'Tours') THEN '1.4.0' ELSE '1.5.2' END WHERE seen IS NOT NULL;
  UPDATE device SET picture = '0f8fad5b-d9cb-469f-a165-70867728950e', picture_taken = unixepoch() - 60 WHERE name LIKE 'Window%' OR name LIKE 'Entrance%';
  UPDATE device SET report = '${status}' WHERE id LIKE '00000001-%';
  INSERT INTO screen_command(id, device, number, name, args, issued, expires, issued_by, outcome, result, answered, uploaded)
    VALUES('33333333-3333-4333-8333-333333333333', (SELECT id FROM device WHERE id LIKE '00000001-%'), 1, 'diagnose', '{}', unixepoch() - 3600, unixepoch(), 'admin', 'done', '${diagnosis}', unixepoch() - 3590, 0),
      ('44444444-4444-4444-8444-444444444444', (SELECT id FROM device WHERE id LIKE '00000001-%'), 2, 'logs', '{"lines":1000}', unixepoch() - 600, unixepoch(), 'admin', 'done', '{}', unixepoch() - 590, 9000);
  INSERT INTO screen_group(id, name, name_folded, priority, created) VALUES('11111111-1111-4111-8111-111111111111', 'Shop windows', 'shop windows', 10, 0), ('22222222-2222-4222-8222-222222222222', 'South', 'south', 0, 0);
  INSERT INTO group_rule(screen_group, kind, value) VALUES('11111111-1111-4111-8111-111111111111', 'tag', 'window'), ('22222222-2222-4222-8222-222222222222', 'site', 'Marseille'), ('22222222-2222-4222-8222-222222222222', 'site', 'Nice');
  INSERT INTO level_settings(level, scope, locale) VALUES('organisation', '', 'fr');
  INSERT INTO level_settings(level, scope, time_zone) VALUES('site', 'Bordeaux', 'Europe/Paris');
  INSERT INTO level_settings(level, scope, offline_mark, rotation) VALUES('group', '11111111-1111-4111-8111-111111111111', 1, 0);
  UPDATE device SET own_settings = 0, locale = 'fr' WHERE id IN (SELECT id FROM device ORDER BY id LIMIT 40)`);
export const groupId = '11111111-1111-4111-8111-111111111111';
export const picturesOf = (page) => page.route(/\/picture\?of=/, (route) => route.fulfill({ path: picture }));
