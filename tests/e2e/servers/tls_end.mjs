// A proxy that ends TLS, as companies put one before their networks: it shows a certificate of its own authority, reads all
// that passes, and asks the headend itself, where no screen's certificate gets.
//
//   const proxy = await startTlsEnd(headend);       // proxy.url, .caFile (its authority's and the headend's), .seen
//   proxy.seen                                       // [{ method, url, headers, body, status, answer (Buffer), answerHeaders }]
//   await proxy.stop();
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Authority } from '../lib/pki.mjs';

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

// `how`: { address, headers } of the proxy towards the headend: it asks from that address, with these headers added to each
// request; `answer(entry)` gives { status, headers, body } for a request that goes no further, or { replaced } headers of one that does.
// It may be changed at any time; what is under way goes on.
export async function startTlsEnd(headend, how = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-tls-end-'));
  const authority = new Authority(dir, 'Company inspection');
  const { cert, key } = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  const caFile = path.join(dir, 'both.pem');
  await writeFile(caFile, Buffer.concat([await readFile(authority.certificate), await readFile(headend.caFile)]));
  const seen = [];
  const agent = new https.Agent({ keepAlive: true, ca: headend.ca });
  const asked = () => (how.address ? { host: '127.0.0.1', servername: 'localhost', localAddress: how.address } : { host: 'localhost' });
  const server = https.createServer({ cert, key }, async (request, response) => {
    try {
      const body = await collect(request);
      const entry = { method: request.method, url: request.url, headers: request.headers, body };
      seen.push(entry);
      const own = how.answer?.(entry);
      if (own?.status) {
        entry.status = own.status;
        return response.writeHead(own.status, own.headers).end(own.body);
      }
      const onward = https.request({ ...asked(), port: headend.port, method: request.method, path: request.url, headers: { ...request.headers, ...how.headers, ...own?.replaced }, agent });
      response.on('close', () => onward.destroy());
      onward.on('error', () => response.destroy());
      onward.on('response', async (answer) => {
        const data = await collect(answer).catch(() => undefined);
        if (!data) return response.destroy();
        Object.assign(entry, { status: answer.statusCode, answer: data, answerHeaders: answer.headers });
        const { 'transfer-encoding': _, ...headers } = answer.headers;
        return response.writeHead(answer.statusCode, headers).end(data);
      });
      return onward.end(body);
    } catch {
      return response.destroy();
    }
  });
  await new Promise((resolve) => { server.listen(0, resolve); });
  const { port } = server.address();
  return {
    seen, caFile, port, url: `https://localhost:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
