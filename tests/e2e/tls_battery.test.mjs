// The HTTPS client before more than a hundred servers: each is accepted, or refused with its reason in plain words; and
// whoever is not trusted gets not one byte of a request, which carries a certificate, a cookie, a token and a body.
// The client's environment is hostile throughout: an OpenSSL configuration that lowers every bar, another file of
// authorities, a proxy, a log of keys.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { certificates } from './lib/tls_rows_certificates.mjs';
import { http } from './lib/tls_rows_http.mjs';
import { protocol } from './lib/tls_rows_protocol.mjs';
import { World } from './lib/tls_world.mjs';

const UNTRUSTED = 'the server cannot be trusted: ';

describe('an HTTPS client before servers of every kind', () => {
  let folder;
  let world;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pingplay-battery-'));
    world = new World(folder);
    await world.start('pingplay-fetch-test');
  });
  after(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  // What the client says of a row's server, and what the server has seen.
  async function run(row) {
    const server = await row.server(world);
    const host = row.host ?? '127.0.0.1';
    const answer = await world.fetch({
      url: `https://${host}:${server.port}`,
      ca: row.trust?.(world) ?? world.authority.certificate,
      proxyUser: row.given?.[0],
      proxyPassword: row.given?.[1],
      proxy: row.proxy ? await row.proxy(world) : /^(127\.0\.0\.1|localhost)$/i.test(host) ? undefined : `http://127.0.0.1:${world.proxy}`,
    });
    return { answer, seen: server.seen };
  }

  const [refused, accepted] = [true, false].map((is) => [...protocol, ...certificates].filter((r) => Boolean(r.refused) === is));
  const [badAnswers, goodAnswers] = [true, false].map((is) => http.filter((r) => Boolean(r.refused) === is));

  for (const row of refused) {
    test(`${row.name}: refused in plain words, and not a byte was sent`, async () => {
      const { answer, seen } = await run(row);
      const [code, words] = row.broken ? ['network', row.refused] : ['tls', `${UNTRUSTED}${row.refused}`];
      assert.deepEqual({ code: answer.error, words: answer.message.slice(0, words.length), status: answer.status, bytes: seen.bytes },
        { code, words, status: 0, bytes: 0 }, JSON.stringify(answer));
      assert.ok(seen.connections > 0, 'the server was not even asked');
    });
  }

  for (const row of accepted) {
    test(`${row.name}: accepted`, async () => {
      const { answer, seen } = await run(row);
      assert.equal(answer.message, '');
      assert.equal(answer.body, 'yes');
      assert.ok(seen.bytes > 0);
    });
  }

  for (const row of badAnswers) {
    test(`${row.name}: the answer is refused in plain words`, async () => {
      const { answer } = await run(row);
      assert.deepEqual({ code: answer.error, words: answer.message.slice(0, row.refused.length) },
        { code: row.code, words: row.refused }, JSON.stringify(answer));
      assert.ok(answer.received <= 64 * 1024, 'more was taken in than is allowed');
    });
  }

  for (const row of goodAnswers) {
    test(`${row.name}: the answer is taken`, async () => {
      const { answer } = await run(row);
      assert.deepEqual({ words: answer.message, status: answer.status, body: answer.body },
        { words: '', status: row.status ?? 200, body: row.body ?? 'yes' });
      await row.afterwards?.(world);
    });
  }

  test('the log of keys that the environment named was not written', () => {
    assert.equal(existsSync(path.join(folder, 'keys')), false);
  });

  test('there are at least eighty servers, and no two rows have the same name', () => {
    const names = [...protocol, ...certificates, ...http].map((r) => r.name);
    assert.ok(names.length >= 80, `${names.length}`);
    assert.equal(new Set(names).size, names.length);
  });
});
