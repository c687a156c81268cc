// A real OpenID Connect provider (npm's oidc-provider) on a port of its own, with a certificate of an authority of its own.
//
//   const provider = await startProvider({ algorithm: 'ES256', lifetime: 600 });   // provider.issuer, .caFile, .clientId
//   await provider.signIn(uri, 'ada');     // a person at the address that the screen shows: types name, agrees
//   await provider.refuse(uri);            // or does not
//   await provider.rotateKeys();           // other keys, at the same address
//   provider.accounts.ada = { email, email_verified, groups };
//   provider.answered                      // "POST /token 200", in their order
//   provider.revoke('ada')                 // none of that person's tokens is renewed
//   await provider.stop();
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Authority } from '../lib/pki.mjs';

// Of its confidential clients, "screens:basic" and "screens:post": with all that has to be encoded.
export const CLIENT_SECRET = 'f6&mark:Secret=7 +%2F/4Zr~bQ';

function makeKeys() {
  const kid = randomBytes(6).toString('hex');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { keys: [{ ...rsa, kid: `r-${kid}`, use: 'sig' }, { ...ec, kid: `e-${kid}`, use: 'sig' }] };
}

export async function startProvider({ algorithm = 'RS256', lifetime = 600 } = {}) {
  const { default: Provider } = await import('oidc-provider');
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-provider-'));
  const authority = new Authority(dir, 'Provider authority');
  const { cert, key } = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  let handler = (request, response) => response.writeHead(503).end();
  const asked = [];
  const answered = [];
  const server = https.createServer({ cert, key }, (request, response) => { asked.push(`${request.method} ${request.url.split('?')[0]}`); response.on('finish', () => answered.push(`${request.method} ${request.url.split('?')[0]} ${response.statusCode}`)); handler(request, response); });
  await new Promise((resolve) => { server.listen(0, resolve); });
  const issuer = `https://localhost:${server.address().port}`;
  const accounts = { ada: { name: 'Ada', email: 'ada@example.org', email_verified: true, groups: ['staff'] }, eve: { name: 'Eve', email: 'eve@example.org', email_verified: true, groups: [] } };
  const adapters = new Map();
  // Kept through a rotation of keys, as a provider's database is.
  class Memory {
    constructor(name) { this.name = name; if (!adapters.has(name)) adapters.set(name, new Map()); this.all = adapters.get(name); }
    async upsert(id, payload) { this.all.set(id, payload); }
    async find(id) { return this.all.get(id); }
    async findByUserCode(code) { return [...this.all.values()].find(({ userCode }) => userCode === code); }
    async findByUid(uid) { return [...this.all.values()].find((payload) => payload.uid === uid); }
    async consume(id) { const payload = this.all.get(id); if (payload) payload.consumed = Math.floor(Date.now() / 1000); }
    async destroy(id) { this.all.delete(id); }
    async revokeByGrantId(grantId) { for (const [id, payload] of this.all) if (payload.grantId === grantId) this.all.delete(id); }
  }
  function begin(jwks) {
    const provider = new Provider(issuer, {
      adapter: Memory,
      jwks,
      clients: [{ client_id: 'screens', token_endpoint_auth_method: 'none', application_type: 'native', redirect_uris: [], response_types: [],
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], id_token_signed_response_alg: algorithm },
      ...['basic', 'post'].map((method) => ({ client_id: `screens:${method}`, client_secret: CLIENT_SECRET, token_endpoint_auth_method: `client_secret_${method}`,
        redirect_uris: [], response_types: [], grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], id_token_signed_response_alg: algorithm })),
      { client_id: 'others', token_endpoint_auth_method: 'none', application_type: 'native', redirect_uris: [], response_types: [],
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'], id_token_signed_response_alg: algorithm }],
      scopes: ['openid', 'offline_access', 'email', 'profile'],
      claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['a'] },
      ttl: { IdToken: lifetime, AccessToken: lifetime, RefreshToken: 86400, DeviceCode: 600, Session: 86400, Grant: 86400, Interaction: 3600 },
      issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
      features: { deviceFlow: { enabled: true }, revocation: { enabled: true }, devInteractions: { enabled: true } },
      findAccount: async (ctx, sub) => accounts[sub] && { accountId: sub, claims: async () => ({ sub, ...accounts[sub] }) },
    });
    handler = provider.callback();
    return provider;
  }
  begin(makeKeys());
  const ca = await readFile(authority.certificate);

  // A browser as small as it can be: follows redirects, keeps cookies, sends the one form of a page.
  async function browse(start, fill) {
    const jar = new Map();
    const ask = (url, body) => new Promise((resolve, reject) => {
      const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' };
      if (body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
      const call = https.request(url, { method: body === undefined ? 'GET' : 'POST', ca, headers, agent: false }, (answer) => {
        for (const line of answer.headers['set-cookie'] ?? []) {
          const [pair] = line.split(';');
          const at = pair.indexOf('=');
          if (/expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(pair.slice(0, at)); else jar.set(pair.slice(0, at), pair.slice(at + 1));
        }
        let text = '';
        answer.on('data', (part) => { text += part; });
        answer.on('end', () => resolve({ status: answer.statusCode, location: answer.headers.location, text, url }));
      });
      call.on('error', reject);
      call.end(body);
    });
    let page = await ask(start);
    for (let step = 0; step < 30; step++) {
      if (page.location) {
        page = await ask(new URL(page.location, page.url).href);
        continue;
      }
      const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(page.text)?.[0];
      if (!form) return page;
      const action = /action="([^"]*)"/.exec(form)?.[1] ?? page.url;
      const fields = new URLSearchParams();
      for (const [input] of form.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]*)"/.exec(input)?.[1];
        if (name) fields.set(name, (/value="([^"]*)"/.exec(input)?.[1] ?? '').replaceAll('&amp;', '&'));
      }
      if (fill(fields, page) === false) return page;
      page = await ask(new URL(action.replaceAll('&amp;', '&'), page.url).href, fields.toString());
    }
    throw new Error(`the sign-in does not come to an end: ${page.status} ${page.text.slice(0, 400)}`);
  }

  return {
    issuer, accounts, asked, answered, caFile: authority.certificate, clientId: 'screens', Provider,
    async signIn(uri, name) {
      const page = await browse(uri, (fields) => { if (fields.has('login')) { fields.set('login', name); fields.set('password', 'x'); } });
      if (page.status !== 200) throw new Error(`the provider answers ${page.status}: ${page.text.slice(0, 600)}`);
      return page;
    },
    refuse: (uri) => browse(uri, (fields) => { if (fields.has('xsrf') || fields.has('user_code')) fields.set('abort', 'yes'); else return false; return true; }),
    rotateKeys() { begin(makeKeys()); },
    revoke(name) { delete accounts[name]; },
    async stop() {
      server.close();
      server.closeAllConnections();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
