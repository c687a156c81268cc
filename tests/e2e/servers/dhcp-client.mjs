// dhcp-client.mjs: asks for an address by DHCP as a phone does (RFC 2131), with a hardware address of its own, and prints it.
import dgram from 'node:dgram';

const HARDWARE = Buffer.from('02005e100001', 'hex');
const [DISCOVER, OFFER, REQUEST, ACK] = [1, 2, 3, 5];
const CALL = 0x5c20e8;

function packet(kind, options = []) {
  const head = Buffer.alloc(240);
  head.set([1, 1, 6]); // a request, Ethernet, 6 bytes
  head.writeUInt32BE(CALL, 4);
  head.writeUInt16BE(0x8000, 10); // to be answered by broadcast
  head.set(HARDWARE, 28);
  head.writeUInt32BE(0x63825363, 236);
  return Buffer.concat([head, Buffer.from([53, 1, kind, ...options, 255])]);
}

const socket = dgram.createSocket('udp4');
const send = (bytes) => socket.send(bytes, 67, '255.255.255.255');
socket.on('message', (bytes) => {
  if (bytes.readUInt32BE(4) !== CALL) return;
  const kind = bytes[bytes.indexOf(Buffer.from([53, 1]), 240) + 2];
  const address = bytes.subarray(16, 20);
  const server = bytes.indexOf(Buffer.from([54, 4]), 240);
  if (kind === OFFER) send(packet(REQUEST, [50, 4, ...address, ...bytes.subarray(server, server + 6)]));
  if (kind !== ACK) return;
  console.log(address.join('.'));
  process.exit(0);
});
socket.bind(68, () => {
  socket.setBroadcast(true);
  send(packet(DISCOVER));
  setInterval(() => send(packet(DISCOVER)), 1000);
});
