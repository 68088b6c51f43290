// An answer that can be given more than once.

/** Name and value as they go over the wire. */
export type HeaderLine = readonly [name: string, value: string];

/** A whole answer. `lines` say nothing of length or connection: that depends on whom it is given to. */
export interface Answer {
  readonly status: number;
  readonly lines: readonly HeaderLine[];
  readonly body: Uint8Array<ArrayBuffer>;
}

const ENCODER = new TextEncoder();

/** A text with its newline, as Go's http.Error writes it. */
export function textAnswer({ status, text }: { readonly status: number; readonly text: string }): Answer {
  return {
    status,
    lines: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Content-Type-Options', 'nosniff'],
    ],
    body: ENCODER.encode(`${text}\n`),
  };
}

/** An answer without a body. */
export function emptyAnswer(status: number): Answer {
  return { status, lines: [], body: new Uint8Array(0) };
}

/** Ready to be given once. */
export function responseOf({ status, lines, body }: Answer): Response {
  const isTyped = body.length === 0 || lines.some(([name]) => name.toLowerCase() === 'content-type');
  const content = isTyped ? body : untyped(body);
  return new Response(content, { status, headers: lines.map(([name, value]) => [name, value]) });
}

/** The runtime gives bytes a type of its own where they have none, but not a stream. */
function untyped(body: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(body);
      controller.close();
    },
  });
}
