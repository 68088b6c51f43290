// Answers requests for a server behind it, or misbehaves as a fault file orders.
import { request } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { currentFault } from './fault-file.ts';
import { isPodAddress } from './pod-address.ts';
import { Throttle } from './throttle.ts';

/** Where a request goes: a port of 127.0.0.1, and the path there. */
export interface Onward {
  readonly port: number;
  readonly path: string;
}

/** Both are to be set on a server: `request`, and `connection` on the plain socket. */
export interface Front {
  readonly onRequest: RequestListener;
  readonly onConnection: (socket: Socket) => void;
}

/** `onwardOf` gives null for what is not served (404). `note` hears a line for each request. */
export function misbehavingFront(input: {
  readonly faultFile: string;
  readonly onwardOf: (path: string) => Onward | null;
  readonly note: (line: string) => void;
}): Front {
  const { faultFile, onwardOf } = input;
  const throttle = new Throttle();
  const isStillSlow = (): boolean => currentFault(faultFile)?.kind === 'slow';
  const isRefused = (socket: Socket): boolean => {
    const fault = currentFault(faultFile);
    return fault?.kind === 'refuses' && (!fault.fromPodsOnly || isPodAddress(socket.remoteAddress));
  };
  return {
    onConnection: (socket) => {
      if (isRefused(socket)) socket.resetAndDestroy();
    },
    onRequest: (asked, answer) => {
      const fault = currentFault(faultFile);
      input.note(lineOf({ asked, did: fault?.kind ?? 'serves' }));
      if (isRefused(asked.socket)) {
        asked.socket.resetAndDestroy();
        return;
      }
      if (fault?.kind === 'answers') {
        answer.writeHead(fault.status, { 'Content-Type': 'application/json' });
        answer.end(JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'a fault ordered by a test' }] }));
        return;
      }
      const onward = onwardOf(asked.url ?? '/');
      if (onward === null) {
        answer.writeHead(404).end();
        return;
      }
      const slow = fault?.kind === 'slow' ? throttle.stream({ ...fault, isStillOrdered: isStillSlow }) : null;
      forward({ asked, answer, onward, slow });
    },
  };
}

function forward(input: {
  readonly asked: IncomingMessage;
  readonly answer: ServerResponse;
  readonly onward: Onward;
  readonly slow: NodeJS.ReadWriteStream | null;
}): void {
  const { asked, answer, onward, slow } = input;
  const { method, headers } = asked;
  const passed = request({ host: '127.0.0.1', ...onward, method, headers }, (given) => {
    answer.writeHead(given.statusCode ?? 502, given.headers);
    const done = slow === null ? pipeline(given, answer) : pipeline(given, slow, answer);
    // A client that goes away half-way is no fault of the front's.
    done.catch(() => undefined);
  });
  passed.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502).end();
  });
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
}

function lineOf(input: { readonly asked: IncomingMessage; readonly did: string }): string {
  const { socket, method = '', url = '' } = input.asked;
  return `${new Date().toISOString()} ${socket.remoteAddress ?? ''} ${method} ${url} ${input.did}`;
}

/** For a program whose output is its log. */
export function noteToOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
