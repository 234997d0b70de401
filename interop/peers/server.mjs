// A server made with npm's ws package. Usage: node server.mjs PORT
//
// The path of the opening handshake selects what the server does:
//
//   /echo                      sends every message back
//   /deflate                   the same, with permessage-deflate if the client offers it
//   /subprotocol               the same, and takes the client's last subprotocol
//   /fragments?sizes=3,0,5     sends one message in fragments of these sizes; text=TEXT gives its
//                              bytes (and makes it a text message), ping=1 puts a PING after each
//   /ping?count=3              sends PINGs, and the number of right PONGs as text once all have arrived
//   /big?size=N                sends one binary frame of N bytes
//   /close?code=4001&reason=R  sends CLOSE at once; no code: an empty CLOSE
//   /cut?size=N&sent=M         sends the header of a binary frame of N bytes, at least 65536, and M of them, then nothing;
//                              end=fin or end=reset ends the connection there
//
// It prints "close NAME CODE REASON" when a connection whose query has name=NAME ends.
// Byte i of generated payload is i modulo 251.

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const plain = new WebSocketServer({ noServer: true });
const deflating = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
const choosing = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) });

const pattern = (size) => Buffer.alloc(size, Uint8Array.from({ length: 251 }, (_, i) => i));

function echo(ws) {
  ws.on('message', (data, binary) => ws.send(data, { binary }));
}

function fragments(ws, query) {
  const sizes = query.get('sizes').split(',').map(Number);
  const text = query.get('text');
  const all = text === null ? pattern(sizes.reduce((a, b) => a + b)) : Buffer.from(text);
  let start = 0;
  sizes.forEach((size, i) => {
    const piece = all.subarray(start, (start += size));
    ws.send(piece, { binary: text === null, fin: i === sizes.length - 1 });
    if (query.has('ping')) ws.ping(String(i));
  });
}

function ping(ws, query) {
  const count = Number(query.get('count'));
  const payload = (i) => `ping ${i}`.padEnd((i * 41) % 126, '.');
  let right = 0;
  let came = 0;
  ws.on('pong', (data) => {
    right += data.toString() === payload(came);
    if (++came === count) ws.send(String(right));
  });
  for (let i = 0; i < count; i++) ws.ping(payload(i));
}

function close(ws, query) {
  if (query.has('code')) ws.close(Number(query.get('code')), query.get('reason') ?? '');
  else ws.close();
}

function cut(ws, query, socket) {
  const header = Buffer.alloc(10);
  header.writeUInt16BE(0x827f);
  header.writeBigUInt64BE(BigInt(query.get('size')), 2);
  socket.write(Buffer.concat([header, pattern(Number(query.get('sent')))]), () => {
    if (query.get('end') === 'fin') socket.destroy();
    if (query.get('end') === 'reset') socket.resetAndDestroy();
  });
}

const roles = {
  '/echo': echo,
  '/deflate': echo,
  '/subprotocol': echo,
  '/fragments': fragments,
  '/ping': ping,
  '/big': (ws, query) => ws.send(pattern(Number(query.get('size')))),
  '/close': close,
  '/cut': cut,
};
const servers = { '/deflate': deflating, '/subprotocol': choosing };

const http = createServer((request, response) => response.writeHead(426).end('a WebSocket server\n'));

http.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url, 'http://peer');
  const role = roles[pathname];
  if (!role) return socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nno role\n');
  (servers[pathname] ?? plain).handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', (err) => console.log(`error ${pathname} ${err.message}`));
    ws.on('close', (code, reason) => console.log(`close ${searchParams.get('name')} ${code} ${reason}`));
    role(ws, searchParams, socket);
  });
});

http.listen(Number(process.argv[2]), '127.0.0.1');
