// What a far side's answer is wrapped in, so that one that was cut on its way is never taken for a whole one.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { messageOf } from '../../errors/errors.ts';

/** A whole answer: its program's exit code and outputs. */
export interface FramedAnswer {
  readonly exitCode: number;
  readonly output: Buffer;
  /** The end of its standard error. */
  readonly said: string;
}

/** `cut` tells what is wrong with an answer that cannot be used. */
export type Unframed = FramedAnswer | { readonly cut: string };

const HEAD = 'proxybench-frame\n';
const TRAILER = /\nproxybench-said ([A-Za-z0-9+/=]*)\nproxybench-end (\d+) (\d+) ([0-9a-f]{64})\r?\n$/;

/**
 * Reads what `scripts/frame.sh` wrote. Whatever stands before the frame is passed over: a login that greets.
 * @param input.maxBytes most that the output may come to once it is unpacked
 */
export function readFrame(input: { readonly bytes: Buffer; readonly maxBytes: number }): Unframed {
  const text = input.bytes.toString('latin1');
  const head = text.indexOf(HEAD);
  if (head < 0) return { cut: 'the answer has no beginning' };
  const trailer = TRAILER.exec(text);
  if (trailer === null) return { cut: `the answer was cut after ${input.bytes.length} bytes` };
  const [, said = '', exitCode = '', length = '', digest = ''] = trailer;
  let output: Buffer;
  try {
    output = gunzipSync(Buffer.from(text.slice(head + HEAD.length, trailer.index), 'base64'), {
      maxOutputLength: input.maxBytes,
    });
  } catch (thrown) {
    return { cut: `the answer cannot be unpacked: ${messageOf(thrown)}` };
  }
  if (output.length !== Number(length)) return { cut: `${output.length} of ${length} bytes of the answer arrived` };
  if (createHash('sha256').update(output).digest('hex') !== digest) return { cut: 'the answer was damaged on its way' };
  return { exitCode: Number(exitCode), output, said: Buffer.from(said, 'base64').toString('utf8') };
}
