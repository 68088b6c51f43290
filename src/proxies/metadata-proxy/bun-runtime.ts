// What this program uses of Bun, the runtime whose server and memory it is built on; see docs/decisions.

/** A server of Bun's. */
export interface BunServer {
  readonly port: number;
  readonly hostname: string;
  readonly pendingRequests: number;
  /** Seconds after which a request without a byte in either direction is cut off; 0 for never. */
  timeout(request: Request, seconds: number): void;
  /** Takes no more connections; with `true` cuts off those under way, else resolves once they have ended. */
  stop(cutOff?: boolean): Promise<void>;
}

interface BunServeOptions {
  readonly hostname: string;
  readonly port: number;
  /** Seconds, 255 at the most. */
  readonly idleTimeout?: number;
  readonly development: false;
  /** False: an address that another program has is refused, not shared with it. */
  readonly reusePort: false;
  readonly fetch: (request: Request, server: BunServer) => Response | Promise<Response>;
  readonly error: (thrown: unknown) => Response;
}

/** What `fetch` takes beyond the standard. */
export interface BunFetchOptions extends RequestInit {
  /** False: the body is passed on as it came. */
  readonly decompress?: boolean;
  readonly keepalive?: boolean;
  /** False: the runtime's own five minutes do not count. */
  readonly timeout?: boolean;
}

interface Bun {
  serve(options: BunServeOptions): BunServer;
  /** Collects garbage, at once where `wait`. */
  gc(wait: boolean): void;
}

/** @throws Error under another runtime */
export function bunRuntime(): Bun {
  const { Bun } = globalThis as { readonly Bun?: Bun };
  if (Bun === undefined)
    throw new Error('the metadata proxy runs on Bun: start it by programs/proxybench-metadata-proxy');
  return Bun;
}

/** Functions of a C library. */
interface BunLibrary<Name extends string> {
  readonly symbols: Readonly<Record<Name, (...args: readonly number[]) => number>>;
  close(): void;
}

interface BunFfi {
  dlopen<Name extends string>(
    file: string,
    symbols: Readonly<Record<Name, { readonly args: readonly 'i32'[]; readonly returns: 'i32' }>>,
  ): BunLibrary<Name>;
}

/** Opens a library by its file name. @throws Error where there is none, or it lacks a function */
export const bunLibrary: BunFfi['dlopen'] = (file, symbols) => {
  const ffi = process.getBuiltinModule('bun:ffi') as BunFfi | undefined;
  if (ffi === undefined) throw new Error('only Bun opens libraries');
  return ffi.dlopen(file, symbols);
};
