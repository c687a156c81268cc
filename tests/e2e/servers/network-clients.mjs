// In a network namespace of its own (`unshare --net node network-clients.mjs`): connects to a headend, of which an
// address may have 10 connections, from eight IPv6 addresses of one network of 64 bits, three times each; then from
// seven networks of 64 bits of one network of 48, ten times each. Prints how many of them stay, and whether somebody
// from elsewhere was let in each time.
import { execFileSync } from 'node:child_process';
import tls from 'node:tls';

import { eventually, startHeadend } from '../lib/headend.mjs';

const ip = (...words) => execFileSync('ip', words, { stdio: 'ignore' });
ip('link', 'set', 'lo', 'up');
const addresses = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `fd00:0:0:1::${n}`);
const networks = [1, 2, 3, 4, 5, 6, 7].map((n) => `fd00:0:1:${n}::1`);
const other = 'fd00:0:2:1::1';
for (const address of [...addresses, ...networks, other]) ip('-6', 'address', 'add', `${address}/64`, 'dev', 'lo', 'nodad');

const headend = await startHeadend({ serve: ['--connections-per-address', '10'] });
const enters = (localAddress) => new Promise((resolve) => {
  const socket = tls.connect({ host: '::1', localAddress, servername: 'localhost', port: headend.port, ca: headend.ca }, () => resolve(socket));
  socket.on('error', () => resolve(socket)).resume();
});
async function stay(clients, times, expected) {
  const sockets = [];
  for (let i = 0; i < times; i++) for (const client of clients) sockets.push(await enters(client));
  const open = () => sockets.filter((socket) => !socket.destroyed).length;
  await eventually(() => open() === expected, 5000, 'the number that may stay').catch(() => {});
  const elsewhere = await enters(other);
  const result = [open(), !elsewhere.destroyed];
  for (const socket of [...sockets, elsewhere]) socket.destroy();
  return result;
}
const [same, otherIn] = await stay(addresses, 3, 10);
const [customer, othersIn] = await stay(networks, 10, 40);
console.log(JSON.stringify({ same, other: otherIn, customer, others: othersIn }));
await headend.stop();
