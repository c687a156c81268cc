// Serves a folder under /repo/ over real TLS, HTTP/1.1 or HTTP/2, with Range; a test may take a request over and answer
// it badly.
//
//   const server = await startRepository(folder, { pair, http2: true });   // pair: { cert, key }
//   server.url, server.log ([{ path, range, cookie, client }]), server.connections, server.bytes
//   server.misbehave = (request, response, { path, data, from }) => true;  // true: it has answered
//   await server.stop();
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';

/** Breaks the connection, or the stream of an HTTP/2 connection, without an orderly end. */
export function cut(response) {
  if (response.stream?.session) response.stream.session.destroy();
  else response.socket.destroy();
}

/** Writes `data` and cuts as soon as it has left. */
export function sendAndCut(response, data) {
  if (data.length === 0) cut(response);
  else response.write(data, () => setImmediate(() => cut(response)));
}

function readRange(request) {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  return match ? Number(match[1]) : 0;
}

function serve(server, folder, request, response) {
  const name = request.url.replace(/^\/repo\//, '');
  const from = readRange(request);
  server.log.push({
    path: name, range: request.headers.range, cookie: request.headers.cookie,
    client: request.socket.getPeerCertificate?.()?.subject?.CN,
  });
  let data;
  try {
    if (name.includes('..') || !request.url.startsWith('/repo/')) throw new Error('outside');
    data = readFileSync(path.join(folder, name));
  } catch {
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    response.end('{"title":"Not found","status":404}');
    return;
  }
  if (server.misbehave?.(request, response, { path: name, data, from })) return;
  sendRange(server, response, data, from);
}

export function sendRange(server, response, data, from) {
  if (from >= data.length) {
    response.writeHead(416, { 'content-range': `bytes */${data.length}` });
    response.end();
    return;
  }
  const part = data.subarray(from);
  server.bytes += part.length;
  response.writeHead(from ? 206 : 200, {
    'content-length': part.length,
    ...(from ? { 'content-range': `bytes ${from}-${data.length - 1}/${data.length}` } : {}),
  });
  response.end(part);
}

export async function startRepository(folder, { pair, http2: two = false, port = 0, ...tls } = {}) {
  const server = { log: [], connections: 0, bytes: 0, misbehave: null };
  const handler = (request, response) => {
    response.on('error', () => {});
    serve(server, folder, request, response);
  };
  const options = { ...pair, minVersion: 'TLSv1.2', ...tls };
  const listener = two ? http2.createSecureServer(options, handler) : https.createServer(options, handler);
  const sockets = new Set();
  listener.on('secureConnection', (socket) => {
    server.connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  listener.on('sessionError', () => {});
  listener.on('tlsClientError', () => {});
  await new Promise((resolve) => listener.listen(port, '127.0.0.1', resolve));
  server.port = listener.address().port;
  server.url = `https://localhost:${server.port}`;
  server.objects = () => server.log.filter((r) => r.path.startsWith('objects/'));
  server.stop = () => new Promise((resolve) => {
    for (const socket of sockets) socket.destroy();
    listener.close(resolve);
  });
  return server;
}
