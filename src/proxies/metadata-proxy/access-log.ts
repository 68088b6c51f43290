// One line of JSON for each answered request; nothing of it is a secret of the client's.
import type { AnsweredRequest } from './exchange-parts.ts';

/** Writes path and query keys without their values, which may be tokens. */
export function accessLog({
  onLine,
}: {
  readonly onLine: (line: string) => void;
}): (answered: AnsweredRequest) => void {
  return ({ request: { method, url }, status, source, durationMs }) => {
    const at = new Date().toISOString();
    onLine(
      JSON.stringify({ at, method, ...shownTarget(url), status, source, durationMs: Number(durationMs.toFixed(1)) }),
    );
  };
}

function shownTarget(url: string): { readonly path: string; readonly queryKeys?: readonly string[] } {
  const [address = '', ...query] = url.split('?');
  const path = address.replace(/^[a-z]+:\/\/[^/]*/i, '');
  if (query.length === 0) return { path };
  return {
    path,
    queryKeys: query
      .join('?')
      .split(/[&;]/)
      .map((each) => each.split('=')[0] ?? ''),
  };
}
