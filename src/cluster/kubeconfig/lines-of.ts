// A stream of bytes as lines; unlike Node's own reader of lines it passes on how the stream failed.
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** Every line without its end; the last one also where its end is missing. @throws what the stream fails with */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
