// tools/layers must be able to fail: each test breaks one rule in a small tree of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

function layersOf(files) {
  const root = mkdtempSync(path.join(tmpdir(), 'layers-'));
  try {
    mkdirSync(path.join(root, 'firmware'));
    cpSync(path.join(project, 'firmware/CMakeLists.txt'), path.join(root, 'firmware/CMakeLists.txt'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    const run = spawnSync(path.join(project, 'tools/layers'), ['--root', root], { encoding: 'utf8' });
    return { status: run.status, lines: run.stdout.trim().split('\n') };
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('layers passes a module that uses those above it and itself', () => {
  const { status } = layersOf({
    'firmware/vault/vault.c': '#include "vault/vault.h"\n#include "crypto/seal.h"\n#include <base/x.h>\n#include "base/buf.h"\n',
    'firmware/render/media/main.c': '#include "render/media/decode.h"\n#include "local.h"\n',
  });
  assert.equal(status, 0);
});

test('layers names file, line and both modules where one uses a module below it', () => {
  const { status, lines } = layersOf({ 'firmware/crypto/seal.c': '#include "base/buf.h"\n  #  include "vault/vault.h"\n' });
  assert.equal(status, 1);
  assert.equal(lines[0], 'firmware/crypto/seal.c:2: crypto uses vault, which stands below it');
});

test('layers refuses any of our modules in base', () => {
  const { status, lines } = layersOf({ 'firmware/base/buf.h': '#include "crypto/random.h"\n' });
  assert.equal(status, 1);
  assert.match(lines[0], /base uses crypto/);
});

test('layers refuses a module that is not in the list, and a headend that reaches into the agent', () => {
  const { status, lines } = layersOf({
    'firmware/extra/a.c': '#include "base/buf.h"\n',
    'tools/headend/a.c': '#include "vault/vault.h"\n',
  });
  assert.equal(status, 1);
  assert.match(lines[0], /module extra is not in firmware\/CMakeLists.txt/);
  assert.match(lines[1], /tools\/headend uses vault; it may use base page qr crypto events jose net channel command ipc/);
});

const rooms = {
  'tools/headend/CMakeLists.txt': 'foreach(room base db pages)\n  add_subdirectory(${room})\nendforeach()\n',
  'tools/headend/base/CMakeLists.txt': 'pp_module(headend_base LINKS pp_base)\n',
  'tools/headend/db/CMakeLists.txt': 'pp_module(headend_db LINKS pp_headend_base pp_base\n  PkgConfig::SQLITE)\n',
  'tools/headend/pages/CMakeLists.txt': 'pp_module(headend_pages LINKS pp_headend_base pp_page PkgConfig::MICROHTTPD)\n',
};

test('layers passes a room of the headend that uses what it is linked with', () => {
  const { status, lines } = layersOf({
    ...rooms,
    'tools/headend/main.c': '#include "headend/pages/page.h"\n',
    'tools/headend/db/db.h': '#include <sqlite3.h>\n#include "base/buf.h"\n#include "headend/base/text.h"\n#include "headend/db/x.h"\n',
    'tools/headend/pages/page.c': '#include <microhttpd.h>\n#include "page/form.h"\n#include "headend/pages/page.h"\n',
  });
  assert.deepEqual([status, lines.length], [0, 1]);
});

test('layers refuses a room of the headend that uses what it is not linked with', () => {
  const { status, lines } = layersOf({
    ...rooms,
    'tools/headend/base/text.c': '#include "headend/db/db.h"\n',
    'tools/headend/pages/page.c': '#include "headend/db/db.h"\n#include "base/buf.h"\n#include <sqlite3.h>\n#include <gnutls/x509.h>\n',
    'tools/headend/extra/a.c': '#include "headend/base/text.h"\n',
  });
  assert.equal(status, 1);
  assert.deepEqual(lines.slice(0, -1), [
    'tools/headend/base/text.c:1: base is not linked with pp_headend_db',
    'tools/headend/extra/a.c: room extra is not in tools/headend/CMakeLists.txt',
    'tools/headend/pages/page.c:1: pages is not linked with pp_headend_db',
    'tools/headend/pages/page.c:2: pages is not linked with pp_base',
    'tools/headend/pages/page.c:3: pages is not linked with PkgConfig::SQLITE',
    'tools/headend/pages/page.c:4: pages is not linked with PkgConfig::GNUTLS',
  ]);
});

test('layers refuses a link line that names a room below', () => {
  const { status, lines } = layersOf({
    ...rooms,
    'tools/headend/base/CMakeLists.txt': 'pp_module(headend_base LINKS pp_base pp_headend_db)\n',
    'tools/headend/base/text.c': '#include "headend/db/db.h"\n',
  });
  assert.equal(status, 1);
  assert.equal(lines[0], 'tools/headend/base/CMakeLists.txt: base is linked with db, which stands below it');
});

test('layers refuses SQL outside of db/', () => {
  const { status, lines } = layersOf({
    ...rooms,
    'tools/headend/db/db.c': 'run("SELECT 1");\n#include "headend/db/sql.h"\n',
    'tools/headend/main.c': 'say("SELECTED");\nrun("SELECT 1");\nrun(" DELETE FROM device");\n#include "headend/db/sql.h"\n',
  });
  assert.equal(status, 1);
  assert.deepEqual(lines.slice(0, -1), [2, 3, 4].map((line) =>
    `tools/headend/main.c:${line}: has SQL, or what db/ keeps for itself and tests; only tools/headend/db may`));
});

test('layers refuses whoever asks the database beside ops/', () => {
  const asks = 'found = db_query(db, error, DB_CHANNEL_FIND, DB_TEXT(id));\ndb_run(db, error, DB_X);\n';
  const { status, lines } = layersOf({
    ...rooms,
    'tools/headend/db/db.c': `#include "base/buf.h"\n${asks}`,
    'tools/headend/pages/page.c': `db_lock(db);\n${asks}db_unlock(db);\n`,
  });
  assert.equal(status, 1);
  assert.deepEqual(lines.slice(0, -1), [2, 3].map((line) =>
    `tools/headend/pages/page.c:${line}: reads or writes rows of the database; only ops may, and db itself`));
});

test('layers refuses whoever asks the system for the time of day, but base/clock.c', () => {
  const asks = ['clock_gettime(CLOCK_REALTIME, &now);', 'gettimeofday(&now, NULL);', 'now = time(NULL);', 'time(&now);',
    'timespec_get(&now, TIME_UTC);'];
  const others = ['#include "base/clock.h"', 'clock_gettime(CLOCK_MONOTONIC, &now);', 'uptime(NULL);'];
  const code = [...others, ...asks, ''].join('\n');
  const files = ['firmware/base/clock.c', 'firmware/agent/a.c', 'tools/headend/a.c'];
  const { status, lines } = layersOf(Object.fromEntries(files.map((file) => [file, code])));
  assert.equal(status, 1);
  const refused = (file) => asks.map((_, i) =>
    `${file}:${i + 4}: asks the system for the time of day; only firmware/base/clock.c may`);
  assert.deepEqual(lines.slice(0, -1), [...refused('firmware/agent/a.c'), ...refused('tools/headend/a.c')]);
});

test('layers fails where there is nothing to look at', () => {
  assert.equal(layersOf({}).status, 1);
});
