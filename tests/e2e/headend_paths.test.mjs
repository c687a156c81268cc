// Which route a request's target is for: decoded once, and nothing that comes encoded moves a border.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { enrolDevice, startHeadend } from './lib/headend.mjs';

describe('the target of a request', () => {
  let headend;
  let device;
  before(async () => {
    headend = await startHeadend();
    device = await enrolDevice(headend, { name: 'Door', channel: 'lobby' });
  });
  after(() => headend?.stop());

  const answered = async (target, method = 'GET') => {
    const answer = await headend.request(method, target, { device });
    return `${answer.status} ${answer.headers.allow ?? ''}`.trim();
  };

  test('is decoded once, segment by segment', async () => {
    const cases = {
      '/healthz': '200', '/%68ealthz': '200', '/%68%65%61lthz?x=%2f': '200', '/%2568ealthz': '404', '/healthz%00': '404',
      '/healthz/': '404', '//healthz': '404', '/./healthz': '404', '/%2e/healthz': '404', '/a/../healthz': '404', '/healthz%2f': '404', '/%': '404', '/%zz': '404', '/%ff': '404',
      '/repo/metadata/timestamp.json': '200', '/repo/metadata/%74imestamp.json': '200', '/repo%2fmetadata%2ftimestamp.json': '404',
      '/repo/metadata%2ftimestamp.json': '404', '/repo/metadata/../metadata/timestamp.json': '404', '/repo/metadata/%2e%2e/metadata/timestamp.json': '404',
      '/repo/metadata/%252e%252e/x.json': '404', '/repo//metadata/timestamp.json': '404', '/repo/': '404', '/repo': '404',
      [`/${'a'.repeat(511)}`]: '414', [`/${'a'.repeat(510)}`]: '404', [`/${'%61'.repeat(170)}`]: '404', [`/healthz?q=${'a'.repeat(4200)}`]: '414', [`/healthz?${'q&'.repeat(40)}`]: '414',
    };
    for (const [target, expected] of Object.entries(cases)) assert.equal(await answered(target), expected, target.slice(0, 80));
  });

  test('another method than a path has is answered with those that it has', async () => {
    assert.equal(await answered('/healthz', 'DELETE'), '405 GET');
    assert.equal(await answered('/%68ealthz', 'DELETE'), '405 GET');
    assert.equal(await answered('/admin/screens/x', 'DELETE'), '405 GET, POST');
    assert.equal(await answered('/repo/a/b', 'PUT'), '405 GET');
    assert.equal(await answered('/v1/access/session'), '405 POST, DELETE');
    assert.equal(await answered('/v1/commands/0f8fad5b-d9cb-469f-a165-70867728950e/receipt'), '405 POST');
    assert.equal(await answered('/v1/commands/0f8fad5b/receipt', 'POST'), '404');
  });
});
