// The API server of a far cluster, call by call over the line, with the rights that kubectl has there.
import { Readable } from 'node:stream';
import { UnreachableError } from '../../errors/errors.ts';
import { type ApiStatus, apiError } from '../kubeconfig/api-error.ts';
import { awaitRights } from '../kubeconfig/await-rights.ts';
import type { KubeAnswer, KubeApi, KubeRequest } from '../kubeconfig/kube-client.ts';
import { createClockRange } from './clock-range.ts';
import { remoteScript } from './remote-script.ts';
import type { Route, RouteCall } from './route.ts';

const ONE_CHARACTER_MORE = 4;

/** Every call is bounded; one whose answer was cut is made again, so it must be one that may be repeated. */
export function remoteApi(route: Route): KubeApi {
  const clock = createClockRange();

  async function ask(input: {
    readonly request: KubeRequest;
    /** Of the answer's end; 0 for all of it. */
    readonly lastBytes: number;
  }): Promise<{ readonly code: number; readonly body: Buffer }> {
    const { method = 'GET', path, query = {}, body, what, signal, tolerated = [] } = input.request;
    const search = new URLSearchParams(query).toString();
    const written = body === undefined ? undefined : JSON.stringify(body);
    const call: RouteCall = {
      purpose: what,
      script: remoteScript('spool', 'kubectl', 'api', 'api-call'),
      args: [
        ...['no-run', method, search === '' ? path : `${path}?${search}`, contentTypeOf(input.request)],
        ...[input.lastBytes, Buffer.byteLength(written ?? '')].map(String),
      ],
      timeoutMs: 15_000,
      ...(written === undefined ? {} : { input: written }),
      ...(signal === undefined ? {} : { signal }),
    };
    const rightsMayCome = awaitRights(input.request);
    for (;;) {
      const askedAtMs = Date.now();
      const { exitCode, output, said } = await route.call(call);
      if (exitCode !== 0) throw unanswered({ route, what, said: said.trim() || `code ${exitCode}` });
      const end = output.indexOf('\n');
      const [code = 0, thereMs = 0] = output.toString('latin1', 0, end).split(' ').map(Number);
      clock.note({ thereMs, askedAtMs, answeredAtMs: Date.now() });
      const answer = output.subarray(end + 1);
      if (code < 400 || tolerated.includes(code)) return { code, body: answer };
      const status = parsed(answer) as ApiStatus;
      if (await rightsMayCome({ code, status })) continue;
      throw apiError({ code, status, context: `route ${route.name}`, what });
    }
  }

  return {
    async json<T>(request: KubeRequest): Promise<KubeAnswer<T>> {
      const { code, body } = await ask({ request, lastBytes: 0 });
      return { code, body: parsed(body) as T };
    },
    // Nothing is streamed over such a line. Of a log, whoever asks for so many lines wants no more bytes than that.
    async stream({ request }) {
      const lines = Number(request.query?.['tailLines'] ?? 0);
      const { code, body } = await ask({ request, lastBytes: lines === 0 ? 0 : lines + ONE_CHARACTER_MORE });
      return { code, body: Readable.from([body]) };
    },
    nowMs: () => Date.now() + clock.offsetMs(),
  };
}

function contentTypeOf({ body, method, contentType }: KubeRequest): string {
  if (body === undefined) return '';
  return contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
}

function parsed(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { message: text.slice(0, 300) };
  }
}

function unanswered(input: { readonly route: Route; readonly what: string; readonly said: string }): UnreachableError {
  const { route, what, said } = input;
  return new UnreachableError(
    `The cluster behind route ${route.name} cannot be asked to ${what}: ${said}`,
    `Try \`trans ${route.name} sh -- kubectl get jobs\` where the worker runs`,
  );
}
