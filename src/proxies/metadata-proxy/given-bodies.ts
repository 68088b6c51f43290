// Gives a client an answer in pieces, as fast as it takes them, and tells when it has it.
import { type Answer, emptyAnswer, responseOf } from './answer.ts';
import { SMALL_BYTES } from './body-room.ts';
import { untilItsEnd } from './until-its-end.ts';

/**
 * The answer ready to be given; `end` is called once, when the client has it or has gone. What is small is the kernel's at
 * once, so that it is called before this returns. All clients of one answer share its bytes.
 */
export function givenResponse(input: {
  readonly answer: Answer;
  readonly end: () => void;
  /** Its signal is made when it is first looked at: most answers are small and need none. */
  readonly request: Pick<Request, 'signal'>;
}): Response {
  const { answer, end, request } = input;
  const { body, lines, status } = answer;
  if (body.length <= SMALL_BYTES) {
    end();
    return responseOf(answer);
  }
  const given = new Response(
    untilItsEnd({ body: pieces(body), end, signal: request.signal }),
    responseOf(emptyAnswer(status)),
  );
  for (const [name, value] of lines) given.headers.append(name, value);
  given.headers.set('content-length', String(body.length));
  return given;
}

function pieces(body: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      pull: (controller) => {
        if (at >= body.length) {
          controller.close();
          return;
        }
        controller.enqueue(body.slice(at, at + SMALL_BYTES));
        at += SMALL_BYTES;
      },
    },
    { highWaterMark: 0 },
  );
}
