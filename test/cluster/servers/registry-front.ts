// Program: stands before the registry and misbehaves on order.
// Usage: registry-front.ts HOST PORT REGISTRY_PORT FAULT_FILE
import { createServer } from 'node:http';
import { misbehavingFront, noteToOutput } from './misbehaving-front.ts';

const [host = '', port = '', registryPort = '', faultFile = ''] = process.argv.slice(2);
const front = misbehavingFront({
  faultFile,
  onwardOf: (path) => ({ port: Number(registryPort), path }),
  note: noteToOutput,
});

createServer(front.onRequest).on('connection', front.onConnection).listen(Number(port), host);
