// Sync against real servers over real TLS: good ones, broken ones and liars. The store is looked at afterwards.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Authority } from './lib/pki.mjs';
import { Syncer, rawFiles } from './lib/syncer.mjs';
import { TufRepo } from './lib/tufrepo.mjs';
import { sendAndCut, sendRange, startRepository } from './servers/repository.mjs';

let dir;
let authority;
let pair;
let repo;
let syncer;
let server;
let count = 0;

before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'pingplay-sync-test-'));
  authority = new Authority(dir, 'Test Authority');
  pair = authority.server(['localhost', '127.0.0.1']);
});

after(() => rmSync(dir, { recursive: true, force: true }));

beforeEach(async () => {
  repo = new TufRepo(path.join(dir, `repo-${++count}`));
  syncer = new Syncer(repo, authority.certificate);
  server = await startRepository(repo.folder, { pair });
});

afterEach(async () => {
  await server.stop();
  syncer.remove();
});

const isObject = (where) => where.path.startsWith('objects/');
const some = (sizes) => Object.fromEntries(sizes.map((size, i) => [`o${i}`, { data: randomBytes(size) }]));

async function assertShows(published) {
  const shown = await syncer.show();
  assert.equal(shown.kind, 'manifest', JSON.stringify(shown));
  assert.equal(shown.title, published.manifest.title);
  for (const name of Object.keys(published.objects)) assert.equal(shown.objects[name], true, name);
}

async function assertSwitches(published, ...extra) {
  const { code, last, stderr } = await syncer.run('run', server.url, ...extra);
  assert.equal(last?.kind, 'switched', `${JSON.stringify(last)} ${stderr}`);
  assert.equal(code, 0);
  assert.equal(last.error, 'ok', last.message);
  await assertShows(published);
  return last;
}

async function assertFails(errorCode, message, ...extra) {
  const { code, last } = await syncer.run('run', server.url, ...extra);
  assert.equal(last.kind, 'failed', JSON.stringify(last));
  assert.equal(last.error, errorCode, last.message);
  assert.match(last.message, message);
  assert.equal(code, 1);
  return last;
}

for (const http2 of [false, true]) {
  test(`everything comes over ${http2 ? 'HTTP/2, one connection' : 'HTTP/1.1, at most four connections'}`, async () => {
    await server.stop();
    server = await startRepository(repo.folder, { pair, http2 });
    const published = repo.publish('lobby', { title: 'First', files: some([1, 100, 70000, 300000, ...Array(30).fill(40000)]) });
    const result = await assertSwitches(published);
    assert.equal(result.objects, 34);
    assert.equal(server.objects().length, 34);
    assert.ok(http2 ? server.connections === 1 : server.connections <= 4, `${server.connections} connections`);
    server.log.length = 0;
    const again = await syncer.run('run', server.url);
    assert.equal(again.last.kind, 'unchanged');
    assert.deepEqual(server.log.map((r) => r.path), ['metadata/2.root.json', 'metadata/timestamp.json']);
  });

  test(`a download cut at 20 random offsets is resumed (HTTP/${http2 ? 2 : 1.1})`, async () => {
    await server.stop();
    server = await startRepository(repo.folder, { pair, http2 });
    const size = 24 * 1024 * 1024;
    const published = repo.publish('lobby', { title: 'Cut', files: some([size]) });
    const sealed = published.objects.o0.length;
    const cuts = Array.from({ length: 20 }, () => randomInt(1, sealed)).sort((a, b) => a - b);
    const offsets = [];
    server.misbehave = (request, response, where) => {
      if (!isObject(where) || cuts.length === 0) return false;
      while (cuts.length && cuts[0] <= where.from) cuts.shift();
      if (cuts.length === 0) return false;
      offsets.push(where.from);
      const until = cuts.shift();
      response.writeHead(where.from ? 206 : 200, {
        'content-length': sealed - where.from,
        ...(where.from ? { 'content-range': `bytes ${where.from}-${sealed - 1}/${sealed}` } : {}),
      });
      sendAndCut(response, where.data.subarray(where.from, until));
      return true;
    };
    await assertSwitches(published);
    assert.ok(offsets.length >= 5, `${offsets.length} cuts`);
    assert.ok(offsets.filter((o) => o > 0).length >= 3, `resumed at ${offsets}`);
  });
}

test('an interrupted program resumes where it stopped', async () => {
  const published = repo.publish('lobby', { files: some([8 * 1024 * 1024]) });
  const sealed = published.objects.o0.length;
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200, { 'content-length': sealed });
    response.write(where.data.subarray(0, 5000000));
    return true;
  };
  const child = syncer.start(server.url);
  const partial = () => rawFiles(path.join(syncer.state, 'partial')).reduce((sum, f) => sum + f.data.length, 0);
  while (!server.objects().length || partial() < 4900000) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  server.misbehave = null;
  server.bytes = 0;
  const had = partial();
  await assertSwitches(published);
  assert.equal(server.objects().at(-1).range, `bytes=${had}-`);
});

test('a server that ignores Range is taken from the beginning', async () => {
  const published = repo.publish('lobby', { files: some([400000]) });
  let tries = 0;
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    tries += 1;
    response.writeHead(200, { 'content-length': where.data.length });
    if (tries === 1) sendAndCut(response, where.data.subarray(0, 200000));
    else response.end(where.data);
    return true;
  };
  await assertSwitches(published);
  assert.match(server.objects()[1].range, /^bytes=[1-9]\d*-$/);
});

test('a server that ignores Range and always breaks off at the same place is not asked for ever', async () => {
  const published = repo.publish('lobby', { files: some([400000]) });
  const asked = [];
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    asked.push(Date.now());
    response.writeHead(200, { 'content-length': where.data.length });
    if (asked.length <= 3) sendAndCut(response, where.data.subarray(0, 200000));
    else response.end(where.data);
    return true;
  };
  await assertSwitches(published);
  // The second try comes no further than the first, nor does the third: each is followed by a wait of a second at least.
  assert.ok(asked[2] - asked[1] >= 900 && asked[3] - asked[2] >= 900, `${asked.map((time) => time - asked[0])} ms`);
});

test('what came before a cut is not read again', async () => {
  const size = 16 * 1024 * 1024;
  const published = repo.publish('lobby', { files: some([size]) });
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(where.from ? 206 : 200, {
      'content-length': where.data.length - where.from,
      ...(where.from ? { 'content-range': `bytes ${where.from}-${where.data.length - 1}/${where.data.length}` } : {}),
    });
    sendAndCut(response, where.data.subarray(where.from, where.from + size / 16));
    return true;
  };
  const child = syncer.start(server.url, '--stay');
  const line = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(JSON.parse(data))));
  const [, read] = /^rchar: (\d+)$/m.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  assert.equal(line.kind, 'switched', line.message);
  assert.ok(server.objects().length >= 16);
  assert.ok(Number(read) < 3 * size, `${read} bytes read`); // the bodies themselves may count, or not
  await assertShows(published);
});

const cutFirst = (then) => {
  let tries = 0;
  return (request, response, where) => {
    if (!isObject(where)) return false;
    tries += 1;
    if (tries === 1) {
      response.writeHead(200, { 'content-length': where.data.length });
      sendAndCut(response, where.data.subarray(0, 200000));
      return true;
    }
    return then(response, where, tries);
  };
};

test('ranges that were not asked for are refused, and the object is fetched anew', async () => {
  const published = repo.publish('lobby', { files: some([400000]) });
  server.misbehave = cutFirst((response, { data, from }, tries) => {
    if (tries > 2) return false;
    response.writeHead(206, {
      'content-length': data.length - from - 1, 'content-range': `bytes ${from + 1}-${data.length - 1}/${data.length}`,
    });
    response.end(data.subarray(from + 1));
    return true;
  });
  await assertSwitches(published);
  assert.equal(server.objects()[2].range, undefined);
});

const lies = {
  'a total length that is not the object\'s': [cutFirst((response, { data, from }) => {
    if (!from) return false;
    response.writeHead(206, {
      'content-length': data.length - from + 1, 'content-range': `bytes ${from}-${data.length}/${data.length + 1}`,
    });
    response.end(Buffer.concat([data.subarray(from), Buffer.from('x')]));
    return true;
  }), null],
  'a Content-Length that is too long': [(request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200, { 'content-length': where.data.length + 1 });
    response.end(Buffer.concat([where.data, Buffer.from('x')]));
    return true;
  }, 'limit|invalid'],
  'a Content-Length that is too short': [(request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200, { 'content-length': where.data.length - 1 });
    response.end(where.data.subarray(1));
    return true;
  }, 'invalid'],
  'more bytes than it says nothing about': [(request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200);
    response.write(where.data);
    response.end('x');
    return true;
  }, 'limit'],
  'fewer bytes than it says nothing about': [(request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200);
    response.end(where.data.subarray(1));
    return true;
  }, 'invalid'],
  'other bytes of the same length': [(request, response, where) => {
    if (!isObject(where)) return false;
    sendRange(server, response, Buffer.concat([where.data.subarray(0, -1), Buffer.from([where.data.at(-1) ^ 1])]), where.from);
    return true;
  }, 'authentication'],
};

for (const [name, [misbehave, error]] of Object.entries(lies)) {
  test(`a server with ${name}: nothing of it is kept`, async () => {
    const first = repo.publish('lobby', { title: 'Current', files: some([1000]) });
    await assertSwitches(first);
    const second = repo.publish('lobby', { title: 'Next', files: some([400000]) });
    server.log.length = 0;
    server.misbehave = misbehave;
    if (error === null) {
      await assertSwitches(second); // once it is asked without a range
      return;
    }
    const failure = await assertFails(failureCode(error), /^object [0-9a-f]{16}: /);
    assert.ok(failure.retry_ms >= 1000);
    assert.equal(server.objects().length, 3, 'three times, then it is reported');
    await assertShows(first);
    assert.equal(rawFiles(path.join(syncer.state, 'partial')).length, 0);
    server.misbehave = null;
    await assertSwitches(second);
  });
}

function failureCode(pattern) {
  return pattern === 'limit|invalid' ? 'limit' : pattern;
}

test('a manifest whose objects are wrong is tried less and less often', async () => {
  repo.publish('lobby', { files: some([1000]) });
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    sendRange(server, response, Buffer.alloc(where.data.length), where.from);
    return true;
  };
  const { lines } = await syncer.run('run', server.url, '--again-ms', '50', '--results', '2');
  for (const [i, hours] of [0.5, 1].entries()) {
    assert.equal(lines[i].error, 'authentication', lines[i].message);
    assert.ok(lines[i].retry_ms >= hours * 3600000, `${lines[i].retry_ms} ms`);
  }
});

test('a publish during a long download is not kept waiting by it', async () => {
  const kept = randomBytes(3000000);
  const first = repo.publish('lobby', { title: 'Long', files: { kept: { data: kept }, long: { data: randomBytes(5000000) } } });
  let second;
  server.misbehave = (request, response, where) => {
    if (!where.path.endsWith(first.objects.long.sha256)) return false;
    response.writeHead(200, { 'content-length': where.data.length });
    response.write(where.data.subarray(0, 1000000)); // and then nothing more
    second ??= repo.publish('lobby', { title: 'Short', files: { kept: { data: kept }, short: { data: randomBytes(1000) } } });
    return true;
  };
  const { lines } = await syncer.run('run', server.url, '--stall', '3600', '--again-ms', '200');
  assert.deepEqual(lines.map((line) => line.kind), ['switched']);
  await assertShows(second);
});

test('a wrong answer once is put right by the next', async () => {
  const published = repo.publish('lobby', { files: some([100000]) });
  let tries = 0;
  server.misbehave = (request, response, where) => {
    if (!isObject(where) || ++tries > 2) return false;
    sendRange(server, response, Buffer.alloc(where.data.length), where.from);
    return true;
  };
  await assertSwitches(published);
  assert.equal(tries, 3);
});

test('older metadata and a manifest of the wrong hash are refused', async () => {
  const first = repo.publish('lobby', { title: 'One', files: some([10]) });
  const old = readFileSync(path.join(repo.folder, 'metadata/timestamp.json'));
  const second = repo.publish('lobby', { title: 'Two', files: some([10]) });
  await assertSwitches(second);
  server.misbehave = (request, response, where) => {
    if (where.path !== 'metadata/timestamp.json') return false;
    response.end(old);
    return true;
  };
  await assertFails('rollback', /timestamp/);
  repo.publish('lobby', { title: 'Three', files: some([10]) });
  server.misbehave = (request, response, where) => {
    if (!where.path.startsWith('targets/')) return false;
    sendRange(server, response, Buffer.concat([where.data.subarray(1), where.data.subarray(0, 1)]), 0);
    return true;
  };
  await assertFails('authentication', /manifest/);
  await assertShows(second);
  assert.notEqual(first.manifest.title, 'Two');
});

test('a rollout is taken by who is told to, where the repository names that very manifest, and ends with it', async () => {
  const other = new Syncer(repo, authority.certificate);
  const first = repo.publish('lobby', { title: 'One', files: some([1000]) });
  await assertSwitches(first);
  const next = repo.publish('lobby', { title: 'Two', files: some([1000, 2000]), target: 'next' });
  assert.equal((await syncer.run('run', server.url)).last.kind, 'unchanged', 'who is not told shows what there was');
  const alone = await syncer.run('run', server.url, '--take', randomBytes(32).toString('hex'));
  assert.equal(alone.last.kind, 'unchanged', 'who is told to take what the repository does not name shows that, too');
  await assertShows(first);
  await assertSwitches(next, '--take', next.hash);
  assert.equal((await syncer.run('run', server.url, '--take', next.hash)).last.kind, 'unchanged');
  const again = repo.publish('lobby', { title: 'Three', files: some([10]), target: 'next' });
  await assertSwitches(first, '--take', next.hash);
  await assertSwitches(again, '--take', again.hash);
  repo.cancel('lobby');
  await assertSwitches(first, '--take', again.hash);
  repo.release('lobby', again.sealed, 'next');
  await assertSwitches(again, '--take', again.hash);
  repo.release('lobby', again.sealed);
  assert.equal((await syncer.run('run', server.url, '--take', again.hash)).last.kind, 'unchanged', 'it is the present one');
  assert.equal((await syncer.run('run', server.url)).last.kind, 'unchanged');
  const { last } = await other.run('run', server.url, '--take', randomBytes(32).toString('hex'));
  assert.equal(last.kind, 'switched', 'who missed all of it has what is published');
  assert.equal((await other.show()).title, 'Three');
  other.remove();
});

test('in a rollout neither manifest passes for the other, and older metadata hides none', async () => {
  const first = repo.publish('lobby', { title: 'One', files: some([1000]) });
  const old = readFileSync(path.join(repo.folder, 'metadata/timestamp.json'));
  await assertSwitches(first);
  const next = repo.publish('lobby', { title: 'Two', files: some([1000]), target: 'next' });
  const swap = (bytes) => (request, response, where) => {
    if (!where.path.startsWith('targets/')) return false;
    response.end(bytes);
    return true;
  };
  server.misbehave = swap(first.sealed);
  await assertFails('authentication', /next\.sealed/, '--take', next.hash);
  await assertShows(first);
  const present = repo.publish('lobby', { title: 'Three', files: some([1000]) });
  const later = repo.publish('lobby', { title: 'Four', files: some([1000]), target: 'next' });
  server.misbehave = swap(later.sealed);
  await assertFails('authentication', /manifest\.sealed/);
  await assertShows(first);
  server.misbehave = (request, response, where) => {
    if (where.path !== 'metadata/timestamp.json') return false;
    response.end(old);
    return true;
  };
  await assertFails('rollback', /timestamp/, '--take', later.hash);
  server.misbehave = null;
  await assertSwitches(later, '--take', later.hash);
  await assertSwitches(present);
});

test('a screen that loses its power while it takes a rollout goes on with it, or shows what it had', async () => {
  const first = repo.publish('lobby', { title: 'One', files: some([1000]) });
  await assertSwitches(first);
  const next = repo.publish('lobby', { title: 'Two', files: some([400000, 400000, 400000]), target: 'next' });
  let stopped = 0;
  for (let cut = 0; cut < 3; cut++) {
    const child = syncer.start(server.url, '--take', next.hash);
    const ended = once(child, 'exit');
    server.misbehave = (request, response, where) => {
      if (!isObject(where) || stopped > cut) return false;
      stopped++;
      sendAndCut(response, where.data.subarray(where.from, where.from + 100000));
      child.kill('SIGKILL');
      return true;
    };
    assert.equal((await ended)[1], 'SIGKILL');
    await assertShows(first);
  }
  server.misbehave = null;
  await assertSwitches(next, '--take', next.hash);
});

test('older metadata is refused, too, where its folder was lost', async () => {
  await assertSwitches(repo.publish('lobby', { title: 'One', files: some([10]) }));
  const older = readFileSync(path.join(repo.folder, 'metadata/timestamp.json'));
  const second = repo.publish('lobby', { title: 'Two', files: some([10]) });
  await assertSwitches(second);
  rmSync(path.join(syncer.state, 'trust'), { recursive: true });
  writeFileSync(path.join(repo.folder, 'metadata/timestamp.json'), older);
  await assertFails('rollback', /timestamp: version 1 is older than 2/);
  await assertShows(second);
  repo.writeTimestamp();
  const { last } = await syncer.run('run', server.url);
  assert.equal(last.kind, 'unchanged', last.message);
});

test('a signed manifest that is broken, of another channel or under another key keeps the current one', async () => {
  const current = repo.publish('lobby', { title: 'Good', files: some([10]) });
  await assertSwitches(current);
  repo.publish('lobby', { files: some([10]), change: (m) => ({ ...m, default_layout: 'gone' }) });
  let failure = await assertFails('invalid', /manifest of channel lobby: default_layout: there is no layout "gone"/);
  assert.equal(failure.retry_ms, -1, 'only a publish can mend it');
  repo.publish('lobby', { files: some([10]), change: (m) => ({ ...m, channel: 'kitchen' }) });
  await assertFails('invalid', /says it is of channel kitchen/);
  repo.publish('lobby', { files: some([10]), associatedData: 'pingplay/manifest/kitchen' });
  await assertFails('authentication', /manifest of channel lobby/);
  repo.release('lobby', Buffer.from('no sealed stream at all'));
  failure = await assertFails('invalid', /manifest of channel lobby/);
  await assertShows(current);
});

test('a server that stalls is left and asked again', async () => {
  const published = repo.publish('lobby', { files: some([300000]) });
  let tries = 0;
  server.misbehave = (request, response, where) => {
    if (!isObject(where) || ++tries > 1) return false;
    response.writeHead(200, { 'content-length': where.data.length });
    response.write(where.data.subarray(0, 150000));
    return true;
  };
  await assertSwitches(published, '--stall', '1');
  assert.match(server.objects().at(-1).range, /^bytes=\d+-$/);
});

test('server trouble is waited out, an absent object is not', async () => {
  const published = repo.publish('lobby', { files: some([1000]) });
  let tries = 0;
  server.misbehave = (request, response, where) => {
    if (!isObject(where) || ++tries > 2) return false;
    response.writeHead(tries === 1 ? 503 : 429, { 'retry-after': '1' });
    response.end();
    return true;
  };
  await assertSwitches(published);
  for (const [status, code] of [[404, 'not-found'], [410, 'not-found'], [403, 'denied'], [401, 'denied'], [400, 'http']]) {
    repo.publish('lobby', { title: `${status}`, files: some([1000]) });
    server.log.length = 0;
    server.misbehave = (request, response, where) => {
      if (!isObject(where)) return false;
      response.writeHead(status);
      response.end();
      return true;
    };
    await assertFails(code, new RegExp(`HTTP ${status}`));
    assert.equal(server.objects().length, 1, `${status} is not asked again at once`);
  }
  await assertShows(published);
});

test('forbidden metadata is told as such', async () => {
  repo.publish('lobby', { files: some([10]) });
  server.misbehave = (request, response) => {
    response.writeHead(403);
    response.end();
    return true;
  };
  await assertFails('denied', /403/);
});

test('failed passes are tried again until one succeeds', async () => {
  const published = repo.publish('lobby', { files: some([10]) });
  let tries = 0;
  server.misbehave = (request, response, where) => {
    if (where.path !== 'metadata/timestamp.json' || ++tries > 2) return false;
    response.writeHead(500);
    response.end();
    return true;
  };
  const { code, lines } = await syncer.run('run', server.url, '--keep-going');
  assert.deepEqual(lines.map((l) => l.kind), ['failed', 'failed', 'switched']);
  assert.equal(lines[0].error, 'http');
  assert.equal(code, 0);
  await assertShows(published);
});

test('what nobody announced is found, also after a manifest that is broken', async () => {
  await assertSwitches(repo.publish('lobby', { title: 'One', files: some([10]) }));
  const child = syncer.start(server.url, '--keep-going', '--stay', '--look-ms', '50');
  try {
    const seen = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { kind } = JSON.parse(line);
      if (kind === seen.at(-1)) continue;
      seen.push(kind);
      if (seen.length === 1) repo.release('lobby', Buffer.from('no sealed stream at all'));
      if (kind === 'failed') repo.publish('lobby', { title: 'Three', files: some([10]) });
      if (kind === 'switched') break;
    }
    assert.deepEqual(seen, ['unchanged', 'failed', 'switched']);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

test('certificate and cookie go with every request', async () => {
  await server.stop();
  server = await startRepository(repo.folder, { pair, requestCert: true, ca: readFileSync(authority.certificate) });
  const published = repo.publish('lobby', { files: some([10]) });
  const device = authority.device('4711');
  const files = { certificate: device.cert, 'private-key': device.key, 'cookie-file': '__Host-pingplay=secret\n' };
  const extra = Object.entries(files).flatMap(([name, data]) => {
    const file = path.join(dir, `${count}-${name}`);
    writeFileSync(file, data);
    return [`--${name}`, file];
  });
  await assertSwitches(published, ...extra);
  assert.ok(server.log.length >= 6);
  for (const request of server.log) {
    assert.equal(request.cookie, '__Host-pingplay=secret', request.path);
    assert.equal(request.client, '4711', request.path);
  }
});

test('a server that cannot be verified gets no request', async () => {
  repo.publish('lobby', { files: some([10]) });
  await server.stop();
  const stranger = new Authority(dir, `Stranger ${count}`);
  server = await startRepository(repo.folder, { pair: stranger.server(['localhost']) });
  await assertFails('tls', /authority|self-signed/);
  assert.equal(server.log.length, 0);
});

test('what does not fit is refused and the current manifest stays', async () => {
  const current = repo.publish('lobby', { title: 'Small', files: some([200000]) });
  await assertSwitches(current, '--max-bytes', '500000');
  repo.publish('lobby', { title: 'Large', files: some([600000]) });
  server.log.length = 0;
  await assertFails('no-space', /needs \d+ bytes more/, '--max-bytes', '500000');
  assert.equal(server.objects().length, 0, 'nothing is fetched before the space is reckoned');
  await assertShows(current);
});

test('where three manifests do not fit, the objects of the previous one make room', async () => {
  const all = [];
  for (let i = 0; i < 3; i++) {
    all.push(repo.publish('lobby', { title: `T${i}`, files: some([200000]) }));
    await assertSwitches(all[i], '--max-bytes', '500000');
  }
  repo.publish('lobby', { title: 'Large', files: some([400000]) });
  await assertFails('no-space', /needs \d+ bytes more/, '--max-bytes', '500000');
  const names = rawFiles(path.join(syncer.state, 'objects')).map((f) => path.basename(f.file));
  assert.ok(!names.includes(all[0].objects.o0.sha256));
  assert.ok(names.includes(all[1].objects.o0.sha256), 'nothing goes for what does not fit anyway');
  await assertShows(all[2]);
});

test('old objects make room once they are neither current nor previous', async () => {
  const files = () => some([200000]);
  const all = [];
  for (let i = 0; i < 4; i++) {
    all.push(repo.publish('lobby', { title: `T${i}`, files: files() }));
    await assertSwitches(all[i], '--max-bytes', '700000');
  }
  const names = rawFiles(path.join(syncer.state, 'objects')).map((f) => path.basename(f.file));
  assert.ok(!names.includes(all[0].objects.o0.sha256));
  assert.ok(names.includes(all[2].objects.o0.sha256));
  assert.ok(names.includes(all[3].objects.o0.sha256));
});

test('the previous manifest comes back, and the rejected one is not taken again until another is published', async () => {
  const good = repo.publish('lobby', { title: 'Good', files: some([10]) });
  await assertSwitches(good);
  await assertSwitches(repo.publish('lobby', { title: 'Crashes', files: some([20]) }));
  const { last } = await syncer.run('previous', server.url);
  assert.equal(last.title, 'Good');
  assert.equal((await syncer.run('run', server.url)).last.kind, 'unchanged');
  await assertShows(good);
  const { sha256 } = good.objects.o0;
  rmSync(path.join(syncer.state, 'objects', sha256.slice(0, 2), sha256));
  const mended = await syncer.run('run', server.url);
  assert.equal(mended.last.kind, 'repaired', mended.last.message);
  await assertShows(good);
  assert.equal((await syncer.run('previous', server.url)).last.error, 'not-found');
  await assertSwitches(repo.publish('lobby', { title: 'Mended', files: some([30]) }));
});

test('after a manifest that is rejected while its objects come, the repository is looked at as before', async () => {
  await assertSwitches(repo.publish('lobby', { title: 'Good', files: some([10]) }));
  const crashes = repo.publish('lobby', { title: 'Crashes', files: some([400000]) });
  await assertSwitches(crashes);
  const { sha256 } = crashes.objects.o0;
  rmSync(path.join(syncer.state, 'objects', sha256.slice(0, 2), sha256));
  let finish;
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200, { 'content-length': where.data.length });
    response.write(where.data.subarray(0, 200000));
    finish = () => response.end(where.data.subarray(200000));
    return true;
  };
  const child = syncer.start(server.url, '--stay', '--look-ms', '50', '--previous-at', '100000');
  const patience = setTimeout(() => child.kill('SIGKILL'), 30000);
  try {
    const seen = [];
    for await (const line of createInterface({ input: child.stdout })) {
      seen.push(JSON.parse(line).kind);
      if (seen.at(-1) === 'previous') finish();
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ['previous', 'unchanged']);
  } finally {
    clearTimeout(patience);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

test('rotten objects are found by the scrub and fetched again', async () => {
  const published = repo.publish('lobby', { files: some([200000, 200000, 200000]) });
  await assertSwitches(published);
  const { sha256 } = published.objects.o1;
  const file = path.join(syncer.state, 'objects', sha256.slice(0, 2), sha256);
  const bytes = readFileSync(file);
  bytes[123456] ^= 8;
  chmodSync(file, 0o600);
  writeFileSync(file, bytes);
  const { lines } = await syncer.run('run', server.url, '--scrub-ms', '10', '--results', '3');
  assert.deepEqual(lines.map((l) => l.kind), ['unchanged', 'bad', 'repaired']);
  assert.equal(lines[1].sha256, sha256);
  await assertShows(published);
});

test('a rotten manifest is fetched again, and the previous one shown meanwhile', async () => {
  const first = repo.publish('lobby', { title: 'First', files: some([10]) });
  await assertSwitches(first);
  const second = repo.publish('lobby', { title: 'Second', files: some([10]) });
  const { sha256 } = await assertSwitches(second);
  const file = path.join(syncer.state, 'objects', sha256.slice(0, 2), sha256);
  chmodSync(file, 0o600);
  writeFileSync(file, randomBytes(readFileSync(file).length));
  await assertShows(first);
  await assertSwitches(second);
});

test('a sync under way is cancelled at once', async () => {
  repo.publish('lobby', { files: some([3000000]) });
  server.misbehave = (request, response, where) => {
    if (!isObject(where)) return false;
    response.writeHead(200, { 'content-length': where.data.length });
    response.write(where.data.subarray(0, 2000000));
    return true;
  };
  const { last } = await syncer.run('run', server.url, '--cancel-at', '1000000');
  assert.equal(last.kind, 'cancelled');
  assert.ok(last.elapsed_ms <= 2000, `${last.elapsed_ms} ms`); // the answer itself would be waited for longer
});

test('without a server the last manifest is shown', async () => {
  const published = repo.publish('lobby', { title: 'Offline', files: some([10, 70000]) });
  await assertSwitches(published);
  await server.stop();
  await assertShows(published);
  const { last } = await syncer.run('run', server.url);
  assert.equal(last.error, 'network');
  await assertShows(published);
  server = await startRepository(repo.folder, { pair });
});

test('no clear byte and no key stands in the raw files', async () => {
  const mark = Buffer.from('PLANTED-MARK-7d1f-OF-CLEAR-CONTENT');
  const data = Buffer.concat([...Array(3000)].map(() => mark));
  const published = repo.publish('lobby', { title: 'TITLE-MARK-51c2', files: { o0: { data } } });
  await assertSwitches(published);
  const channelKey = repo.channel('lobby').key;
  const objectKey = Buffer.from(published.objects.o0.key, 'base64url');
  const secrets = [mark, Buffer.from('TITLE-MARK-51c2'), ...[channelKey, objectKey].flatMap((key) => (
    [key, ...['hex', 'base64', 'base64url'].map((e) => Buffer.from(key.toString(e).replace(/=+$/, '')))]))];
  const files = rawFiles(syncer.state);
  assert.ok(files.some((f) => f.file.endsWith(published.objects.o0.sha256)));
  for (const { file, data: bytes } of files) {
    for (const secret of secrets) assert.equal(bytes.indexOf(secret), -1, file);
  }
});

test('50 times SIGKILL at random instants: always a whole manifest, the old or the new', async () => {
  let current = 'Start';
  await assertSwitches(repo.publish('lobby', { title: 'Start', files: some([50000, 50000]) }));
  let killed = 0;
  for (let i = 0; killed < 50; i++) {
    const published = repo.publish('lobby', { title: `Round ${i}`, files: some([2000000, 900000, 30000, 30000, 500]) });
    const child = syncer.start(server.url);
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal)));
    const timer = setTimeout(() => child.kill('SIGKILL'), randomInt(0, 220));
    killed += (await ended) === 'SIGKILL' ? 1 : 0;
    clearTimeout(timer);
    const shown = await syncer.show();
    assert.ok([current, published.manifest.title].includes(shown.title), `${shown.title}, not ${current}`);
    for (const [name, whole] of Object.entries(shown.objects)) assert.ok(whole, `${name} of ${shown.title}`);
    current = shown.title;
  }
});

test('a channel on which nothing is published is empty: no failure, and nothing of a former one is shown', async () => {
  await assertSwitches(repo.publish('lobby', { title: 'Lobby', files: some([1000]) }));
  syncer.channel = 'garden';
  const { code, last } = await syncer.run('run', server.url);
  assert.deepEqual([last.kind, last.channel, last.error, code], ['empty', 'garden', 'ok', 0], JSON.stringify(last));
  assert.match((await syncer.show()).message, /no manifest yet/);
  const again = await syncer.run('run', server.url);
  assert.equal(again.last.kind, 'empty');
  await assertSwitches(repo.publish('garden', { title: 'Garden', files: some([1000]) }));
});

test('metadata of the channel that does not come is a failure, not an empty channel', async () => {
  const published = repo.publish('lobby', { title: 'Lobby', files: some([1000]) });
  await assertSwitches(published);
  repo.publish('lobby', { title: 'Second', files: some([1000]) });
  server.misbehave = (request, response, where) => {
    if (!where.path.endsWith('.channel-lobby.json')) return false;
    response.writeHead(404).end();
    return true;
  };
  await assertFails('not-found', /./);
  await assertShows(published);
});

test('a new key of the channel before the manifest that is sealed under it changes nothing yet', async () => {
  const published = repo.publish('lobby', { title: 'First', files: some([1000]) });
  await assertSwitches(published);
  repo.channel('lobby').key = randomBytes(32);
  const { code, last } = await syncer.run('run', server.url);
  assert.deepEqual([last.kind, last.error, code], ['unchanged', 'ok', 0], JSON.stringify(last));
  await assertShows(published);
  await assertSwitches(repo.publish('lobby', { title: 'Second', files: some([1000]) }));
});
