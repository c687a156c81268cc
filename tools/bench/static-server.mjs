// A plain static server over TLS for the benchmark: static-server.mjs FOLDER PAIR.json PORT 1|2
import { createReadStream, readFileSync, statSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';

const [folder, pairFile, port, version] = process.argv.slice(2);

function serve(request, response) {
  try {
    if (!request.url.startsWith('/repo/') || request.url.includes('..')) throw new Error('outside');
    const file = path.join(folder, request.url.slice('/repo/'.length));
    response.writeHead(200, { 'content-length': statSync(file).size });
    createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
  } catch {
    response.writeHead(404);
    response.end();
  }
}

const pair = JSON.parse(readFileSync(pairFile, 'utf8'));
const server = version === '2' ? http2.createSecureServer(pair, serve) : https.createServer(pair, serve);
server.listen(Number(port), '127.0.0.1');
