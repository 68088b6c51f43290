// Calls to one cluster's API server as plain JSON over one pool of connections; credentials are the library's business.
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import { type ApiStatus, apiError, connectionError } from './api-error.ts';
import { awaitRights } from './await-rights.ts';
import { type PooledKubeConfig, loadKubeConfig, rememberKubeConfig } from './kube-config.ts';

/** One call. Parts of `path` that come from outside go through `apiPath`. */
export interface KubeRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of a PATCH: `application/merge-patch+json` when left out. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** For error messages: `read Job bench/one`. */
  readonly what: string;
  /** Answers of 400 or more that the caller deals with itself. */
  readonly tolerated?: readonly number[];
  /**
   * How long it is asked again where rights are missing, milliseconds; 15,000 when left out. A server that has just been
   * started refuses everything until it has read who may do what.
   */
  readonly patienceMs?: number;
}

export interface KubeAnswer<T> {
  readonly code: number;
  readonly body: T;
}

/** What is asked of an API server, whichever way it is reached. */
export interface KubeApi {
  /**
   * Asks and reads the whole answer as JSON.
   * @throws UnreachableError, InvalidInputError for any answer of 400 or more that is not tolerated
   */
  json<T>(request: KubeRequest): Promise<KubeAnswer<T>>;
  /**
   * Asks and hands over the answer as it comes. It ends with an error when nothing comes for `quietMs`.
   * @throws as `json` does
   */
  stream(input: { readonly request: KubeRequest; readonly quietMs: number }): Promise<{
    readonly code: number;
    readonly body: Readable;
  }>;
  /** By the API server's clock where it is surely apart from this machine's. Milliseconds since the epoch. */
  nowMs(): number;
}

/** Longest wait for the first byte of an answer, milliseconds. */
const ANSWER_WITHIN_MS = 30_000;
/** A server that asks for patience gets it this often, and so long at the most. */
const MOST_WAITS = 2;
const LONGEST_WAIT_MS = 10_000;
/** Clocks closer than this count as the same: the server tells whole seconds only. */
const CLOCK_TOLERANCE_MS = 2_000;

/** One cluster as one user sees it. Made without touching anything; to be closed. */
export class KubeClient implements KubeApi {
  readonly context: string;
  #config: PooledKubeConfig | null = null;
  #files: { readonly hasChanged: () => boolean } | null = null;
  #offsetMs = 0;
  #requests = 0;

  constructor(input: { readonly context: string }) {
    this.context = input.context;
  }

  /** The kubeconfig behind, for what needs a WebSocket. @throws UnreachableError, InvalidInputError */
  config(): PooledKubeConfig {
    if (this.#config === null) {
      this.#files = rememberKubeConfig(this);
      this.#config = loadKubeConfig({ context: this.context });
    }
    return this.#config;
  }

  /** Requests made so far. */
  get requests(): number {
    return this.#requests;
  }

  nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  async json<T>(request: KubeRequest): Promise<KubeAnswer<T>> {
    const { code, body } = await this.#open({ request, bodyTimeoutMs: ANSWER_WITHIN_MS });
    try {
      const text = await body.text();
      return { code, body: (text === '' ? {} : JSON.parse(text)) as T };
    } catch (thrown) {
      request.signal?.throwIfAborted();
      throw this.#connectionError(thrown);
    }
  }

  async stream(input: { readonly request: KubeRequest; readonly quietMs: number }): Promise<{
    readonly code: number;
    readonly body: Readable;
  }> {
    return await this.#open({ request: input.request, bodyTimeoutMs: input.quietMs });
  }

  async close(): Promise<void> {
    const config = this.#config;
    this.#config = null;
    await config?.close();
  }

  async #open(input: { readonly request: KubeRequest; readonly bodyTimeoutMs: number }) {
    const { request } = input;
    const rightsMayCome = awaitRights(request);
    const rest = (ms: number): Promise<unknown> =>
      delay(ms, undefined, request.signal === undefined ? {} : { signal: request.signal });
    for (let waits = 0; ; ) {
      const answer = await this.#send(input);
      const { code, retryAfterMs, body } = answer;
      if (code < 400 || request.tolerated?.includes(code) === true) return answer;
      const text = await body.text().catch(() => '');
      if (code === 429 && waits < MOST_WAITS) {
        waits += 1;
        await rest(Math.min(retryAfterMs ?? 1_000, LONGEST_WAIT_MS));
        continue;
      }
      const status = statusIn(text);
      if (await rightsMayCome({ code, status })) continue;
      // Credentials of a file or a program may have been renewed since they were read.
      if (code === 401) await this.close();
      throw apiError({ code, status, context: this.context, what: request.what });
    }
  }

  async #send(input: { readonly request: KubeRequest; readonly bodyTimeoutMs: number }) {
    const { request, bodyTimeoutMs } = input;
    request.signal?.throwIfAborted();
    const config = this.config();
    this.#requests += 1;
    try {
      const url = new URL(`${config.getCurrentCluster()?.server ?? ''}${request.path}`);
      for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
      const context = new RequestContext(url.toString(), HttpMethod.GET);
      await config.applySecurityAuthentication(context);
      const { statusCode, headers, body } = await poolOf(context).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method ?? 'GET',
        headers: { ...context.getHeaders(), accept: 'application/json', ...contentTypeOf(request) },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        headersTimeout: ANSWER_WITHIN_MS,
        bodyTimeout: bodyTimeoutMs,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      this.#noteClock(headers['date']);
      return { code: statusCode, body, retryAfterMs: retryAfterOf(headers['retry-after']) };
    } catch (thrown) {
      request.signal?.throwIfAborted();
      const error = this.#connectionError(thrown);
      // A cluster that was made anew is at another port, with another authority: the next call reads where.
      if (config === this.#config && this.#files?.hasChanged() === true) await this.close();
      throw error;
    }
  }

  #connectionError(thrown: unknown): Error {
    const server = this.#config?.getCurrentCluster()?.server ?? 'an unknown address';
    return connectionError({ thrown, context: this.context, server });
  }

  #noteClock(date: string | string[] | undefined): void {
    const toldMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(toldMs)) return;
    const offsetMs = toldMs + 500 - Date.now();
    this.#offsetMs = Math.abs(offsetMs) > CLOCK_TOLERANCE_MS ? offsetMs : 0;
  }
}

/** A path of the API with each part made harmless: `apiPath('apis/batch/v1', namespace, 'jobs', name)`. */
export function apiPath(
  group: string,
  ...input: readonly [namespace: string | null, ...rest: readonly string[]]
): string {
  const [namespace, ...rest] = input;
  const parts = [...(namespace === null ? [] : ['namespaces', namespace]), ...rest];
  return `/${group}/${parts.map(encodeURIComponent).join('/')}`;
}

function poolOf(context: RequestContext) {
  const pool = context.getDispatcher();
  if (pool === undefined) throw new Error('the kubeconfig gives no way to its server');
  return pool;
}

function contentTypeOf(request: KubeRequest): Readonly<Record<string, string>> {
  if (request.body === undefined) return {};
  const usual = request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return { 'content-type': request.contentType ?? usual };
}

function retryAfterOf(header: string | string[] | undefined): number | null {
  const seconds = typeof header === 'string' ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}

function statusIn(text: string): ApiStatus {
  try {
    return JSON.parse(text) as ApiStatus;
  } catch {
    return text === '' ? {} : { message: text.slice(0, 300) };
  }
}
