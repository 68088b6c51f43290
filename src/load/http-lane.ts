// One connection at a time to the target, with the marks that times are made of. Bare sockets: measuring must be cheap.
import { Socket } from 'node:net';
import type { Exchange, Lane } from './exchange.ts';
import { ResponseReader } from './response-reader.ts';
import type { Timekeeper } from './timekeeper.ts';

/** What the lanes of one thread share. */
export interface LaneSettings {
  /** An address, not a name: resolving is not what is measured. */
  readonly address: string;
  readonly port: number;
  readonly request: Buffer;
  /** The request's method is HEAD. */
  readonly toHead: boolean;
  readonly keepAlive: boolean;
  readonly timeoutMs: number;
  readonly timekeeper: Timekeeper;
  /** Every read of every lane goes here: an answer is looked at and forgotten before the next read. */
  readonly readBuffer: Buffer;
}

/** A server that was asked to close, and has answered, gets this long to do so before it is done here. */
const LINGER_MS = 1_000;

const REFUSED = 'ECONNREFUSED';
const RESET = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

export class HttpLane implements Lane {
  readonly #settings: LaneSettings;
  readonly #reader: ResponseReader;
  readonly #exchange: Exchange = {
    startedMs: 0,
    connectedMs: null,
    writtenMs: 0,
    firstByteMs: 0,
    endedMs: 0,
    failure: null,
    message: '',
    status: 0,
    receivedBytes: 0,
  };
  #state: 'idle' | 'dialling' | 'waiting' | 'reading' | 'lingering' = 'idle';
  #socket: Socket | null = null;
  #onEnd: (exchange: Exchange) => void = () => undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
    this.#reader = new ResponseReader({ toHead: settings.toHead });
  }

  send(onEnd: (exchange: Exchange) => void): void {
    const { timekeeper, timeoutMs } = this.#settings;
    const exchange = this.#exchange;
    this.#onEnd = onEnd;
    exchange.startedMs = timekeeper.nowMs();
    exchange.connectedMs = null;
    exchange.failure = null;
    exchange.message = '';
    exchange.receivedBytes = 0;
    this.#deadlineMs = exchange.startedMs + timeoutMs;
    this.#reader.begin();
    if (this.#socket === null) this.#dial();
    else this.#write(this.#socket);
  }

  /** To be called now and then: ends what has outlived its time. */
  expire(nowMs: number): void {
    if (nowMs < this.#deadlineMs || this.#state === 'idle') return;
    if (this.#state === 'lingering') return this.#done();
    const what = this.#state === 'dialling' ? 'no connection' : 'no whole answer';
    this.#fail({ failure: 'timeout', message: `${what} within ${this.#settings.timeoutMs} ms` });
  }

  close(): void {
    this.#drop();
    this.#state = 'idle';
  }

  #dial(): void {
    const { address, port, readBuffer } = this.#settings;
    const socket = new Socket({
      allowHalfOpen: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.#onBytes(socket, length);
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#state = 'dialling';
    socket.on('connect', () => {
      if (socket !== this.#socket) return;
      this.#exchange.connectedMs = this.#settings.timekeeper.nowMs();
      this.#write(socket);
    });
    socket.on('end', () => this.#onClosed(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(socket, error));
    socket.connect({ host: address, port, autoSelectFamily: false });
  }

  #write(socket: Socket): void {
    this.#state = 'waiting';
    socket.write(this.#settings.request);
    this.#exchange.writtenMs = this.#settings.timekeeper.nowMs();
  }

  #onBytes(socket: Socket, length: number): void {
    if (socket !== this.#socket) return;
    const exchange = this.#exchange;
    if (this.#state === 'waiting') {
      exchange.firstByteMs = this.#settings.timekeeper.nowMs();
      this.#state = 'reading';
    }
    exchange.receivedBytes += length;
    // Nothing was asked: whatever this is, the connection is of no use any more.
    if (this.#state === 'idle') return this.#drop();
    if (this.#state === 'lingering') return this.#fail({ failure: 'malformed', message: 'bytes after the answer' });
    const read = this.#reader.feed(this.#settings.readBuffer.subarray(0, length));
    if (typeof read === 'string') return this.#fail({ failure: 'malformed', message: read });
    if (!read) return;
    exchange.endedMs = this.#settings.timekeeper.nowMs();
    exchange.status = this.#reader.status;
    if (!this.#reader.keepsConnection || !this.#settings.keepAlive) {
      // Who closes first keeps the port for a while: a client that dials thousands of times leaves that to the server.
      this.#state = 'lingering';
      this.#deadlineMs = Math.min(this.#deadlineMs, exchange.endedMs + LINGER_MS);
      return;
    }
    this.#state = 'idle';
    this.#onEnd(exchange);
  }

  #onClosed(socket: Socket): void {
    if (socket !== this.#socket) return;
    if (this.#state === 'idle') return this.#drop();
    if (this.#state === 'lingering') return this.#done();
    const end = this.#reader.end();
    if (end === 'empty') return this.#fail({ failure: 'reset', message: 'closed without an answer' });
    if (end === 'short') return this.#fail({ failure: 'malformed', message: 'closed before the end of the answer' });
    this.#exchange.endedMs = this.#settings.timekeeper.nowMs();
    this.#exchange.status = this.#reader.status;
    this.#done();
  }

  #onError(socket: Socket, { code = '', message }: NodeJS.ErrnoException): void {
    // Without this listener, an error of a connection that is done with would end the program.
    if (socket !== this.#socket) return;
    if (this.#state === 'idle') return this.#drop();
    if (this.#state === 'lingering') return this.#done();
    if (code === REFUSED) this.#fail({ failure: 'refused', message });
    else if (RESET.has(code)) this.#fail({ failure: 'reset', message });
    else if (code === 'ETIMEDOUT') this.#fail({ failure: 'timeout', message });
    else this.#fail({ failure: 'other', message });
  }

  #fail({
    failure,
    message,
  }: Pick<Exchange, 'message'> & { readonly failure: NonNullable<Exchange['failure']> }): void {
    const exchange = this.#exchange;
    exchange.endedMs = this.#settings.timekeeper.nowMs();
    exchange.failure = failure;
    exchange.message = message;
    this.#drop();
    // Not at once: failures that need no waiting, one after another, would leave no turn to anything else.
    const onEnd = this.#onEnd;
    this.#state = 'idle';
    setImmediate(() => onEnd(exchange));
  }

  #done(): void {
    this.#drop();
    this.#state = 'idle';
    this.#onEnd(this.#exchange);
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }
}
