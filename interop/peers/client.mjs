// A client made with npm's ws package, which plays the cases of a conformance
// server. Usage: node client.mjs URL
//
// It gets the number of cases from URL/count, and opens URL/case/1 and so on,
// one after the other. It sends every message back until the server closes.

import { WebSocket } from 'ws';

const url = process.argv[2];

function session(path, onMessage) {
  return new Promise((done) => {
    const ws = new WebSocket(url + path, { perMessageDeflate: { threshold: 0 } });
    ws.on('message', (data, binary) => onMessage(ws, data, binary));
    ws.on('error', () => {});
    ws.on('close', done);
  });
}

let count = 0;
await session('/count', (ws, data) => (count = Number(data)));
for (let i = 1; i <= count; i++) {
  await session(`/case/${i}`, (ws, data, binary) => ws.send(data, { binary }));
}
