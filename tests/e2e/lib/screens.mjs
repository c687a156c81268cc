// The screens that the console shows, beside what `fill` makes of them (console.mjs).
import path from 'node:path';

const picture = path.resolve(import.meta.dirname, '../../../assets/demo/welcome.jpg');

// What such a chain says of its screens: tags, the software that they run, groups, settings of each level; and that pictures of some are there
// (which `picturesOf` puts into a page).
export const arrange = (headend) => headend.sql(`
  INSERT INTO device_tag(device, tag) SELECT id, CASE WHEN name LIKE 'Window%' THEN 'window' ELSE 'inside' END FROM device;
  INSERT INTO device_tag(device, tag) SELECT id, 'portrait' FROM device WHERE name LIKE 'Lift%' OR name LIKE 'Window left%';
  UPDATE device SET reported_software = CASE WHEN site IN ('Lille', 'Tours') THEN '1.4.0' ELSE '1.5.2' END WHERE seen IS NOT NULL;
  UPDATE device SET picture = '0f8fad5b-d9cb-469f-a165-70867728950e', picture_taken = unixepoch() - 60 WHERE name LIKE 'Window%' OR name LIKE 'Entrance%';
  INSERT INTO screen_group(id, name, name_folded, priority, created) VALUES('11111111-1111-4111-8111-111111111111', 'Shop windows', 'shop windows', 10, 0), ('22222222-2222-4222-8222-222222222222', 'South', 'south', 0, 0);
  INSERT INTO group_rule(screen_group, kind, value) VALUES('11111111-1111-4111-8111-111111111111', 'tag', 'window'), ('22222222-2222-4222-8222-222222222222', 'site', 'Marseille'), ('22222222-2222-4222-8222-222222222222', 'site', 'Nice');
  INSERT INTO level_settings(level, scope, locale) VALUES('organisation', '', 'fr');
  INSERT INTO level_settings(level, scope, time_zone) VALUES('site', 'Bordeaux', 'Europe/Paris');
  INSERT INTO level_settings(level, scope, offline_mark, rotation) VALUES('group', '11111111-1111-4111-8111-111111111111', 1, 0);
  UPDATE device SET own_settings = 0, locale = 'fr' WHERE id IN (SELECT id FROM device ORDER BY id LIMIT 40)`);
export const groupId = '11111111-1111-4111-8111-111111111111';
export const picturesOf = (page) => page.route(/\/picture\?of=/, (route) => route.fulfill({ path: picture }));
