// In a network namespace of its own (`unshare --net node network-clients.mjs`): connects to a headend from eight
// IPv6 addresses of one network, three times each, then once from another network; prints who was let in.
import { execFileSync } from 'node:child_process';
import tls from 'node:tls';

import { startHeadend } from '../lib/headend.mjs';

const ip = (...words) => execFileSync('ip', words, { stdio: 'ignore' });
ip('link', 'set', 'lo', 'up');
const addresses = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `fd00:0:0:1::${n}`);
const other = 'fd00:0:0:2::1';
for (const address of [...addresses, other]) ip('-6', 'address', 'add', `${address}/64`, 'dev', 'lo', 'nodad');

const headend = await startHeadend({ serve: ['--connections-per-address', '10'] });
const sockets = [];
const enters = (localAddress) => new Promise((resolve) => {
  const socket = tls.connect({ host: '::1', localAddress, servername: 'localhost', port: headend.port, ca: headend.ca }, () => resolve(true));
  sockets.push(socket);
  socket.on('error', () => resolve(false));
});
const same = [];
for (const address of [...addresses, ...addresses, ...addresses]) same.push(await enters(address));
console.log(JSON.stringify({ same: same.filter(Boolean).length, other: await enters(other) }));
for (const socket of sockets) socket.destroy();
await headend.stop();
