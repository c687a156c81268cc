// In a network namespace of its own (`unshare --net --mount node portal80.mjs CASE DIR PINGPLAYCTL CONFIG`): a machine "headend.test",
// at whose port 80 something answers, and what `pingplayctl diagnose` takes that for.
//
//   own         its own web server, which sends everybody elsewhere; nobody else answers for it
//   intercepts  a portal that answers for every address (192.0.2.1 stands for those that nobody has)
//   spoofs      a portal that answers for every name (the name server is /etc/hosts here)
//   itself      one that says so by its status
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const [, , name, dir, program, config] = process.argv;
const elsewhere = 'HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://www.example.net/\r\nContent-Length: 0\r\n\r\n';
const signIn = 'HTTP/1.1 511 Network Authentication Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const asked = [];

function listen(port, reply) {
  return new Promise((done) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        if (data[0] !== 0x16) asked.push(`${port} ${/Host: (.*)\r/.exec(data.toString('latin1'))?.[1]}`);
        socket.end(reply);
      });
    }).listen(port, '0.0.0.0', () => done(server));
  });
}

execFileSync('ip', ['link', 'set', 'lo', 'up']);
if (name === 'intercepts') execFileSync('ip', ['address', 'add', '192.0.2.1/32', 'dev', 'lo']);
const hosts = path.join(dir, 'hosts');
writeFileSync(hosts, `127.0.0.1 headend.test${name === 'spoofs' ? ' pingplay-portal-check.headend.test' : ''}\n`);
execFileSync('mount', ['--bind', hosts, '/etc/hosts']);
const servers = [await listen(8443, 'not this\r\n'), await listen(80, name === 'itself' ? signIn : elsewhere)];
// Which ends with 1 where it found something.
const { stdout } = await promisify(execFile)(program, ['--config', config, '--json', 'diagnose']).catch((error) => error);
for (const server of servers) server.close();
const { finding, detail } = JSON.parse(stdout).checks.find((check) => check.name === 'portal');
process.stdout.write(JSON.stringify({ finding, detail, asked }));
