// The target of bench/load.ts, a program of its own: 202 bytes, kept alive when asked, on one thread.
//   node bench/load-target.ts WORK_US     how much work each request takes; prints its port
import { type AddressInfo, createServer } from 'node:net';

const workMs = Number(process.argv[2] ?? 0) / 1_000;
const body = 'x'.repeat(202);
const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
const kept = Buffer.from(`${head}Connection: keep-alive\r\n\r\n${body}`, 'latin1');
const last = Buffer.from(`${head}Connection: close\r\n\r\n${body}`, 'latin1');

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const untilMs = performance.now() + workMs; performance.now() < untilMs; );
    const text = chunk.toString('latin1');
    const keeps = /HTTP\/1\.1/.test(text)
      ? !/\r\nConnection: close/i.test(text)
      : /\r\nConnection: keep-alive/i.test(text);
    if (keeps) socket.write(kept);
    else socket.end(last);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
