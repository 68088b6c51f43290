// Many questions to a far API server in one call over the line.
import { UnreachableError } from '../../errors/errors.ts';
import type { ApiAnswer, ApiQuestion } from '../diagnosis/ask-api.ts';
import { remoteScript } from './remote-script.ts';
import type { Route } from './route.ts';

export interface RemoteAnswers {
  readonly answers: readonly ApiAnswer[];
  /** The far machine's clock when it began to ask, and what the API server's Date said first; milliseconds. */
  readonly thereMs: number;
  readonly serverDateMs: number;
}

/** @throws UnreachableError when kubectl there reaches no API server, or the line brings no whole answer */
export async function askRemoteApi(input: {
  readonly route: Route;
  readonly questions: readonly ApiQuestion[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<RemoteAnswers> {
  const { route, questions, timeoutMs, signal } = input;
  const { exitCode, output, said } = await route.call({
    purpose: 'ask its API server',
    script: remoteScript('spool', 'kubectl', 'api', 'api-calls'),
    args: ['no-run'],
    input: questions.map(written).join(''),
    timeoutMs,
    tries: 2,
    signal,
  });
  if (exitCode !== 0) {
    throw new UnreachableError(
      `kubectl on ${route.name} reaches no API server: ${said.trim() || `code ${exitCode}`}`,
      `Set up kubectl for whoever \`trans\` logs in as; this should answer: trans ${route.name} sh -- kubectl version`,
    );
  }
  return readAnswers({ output, count: questions.length });
}

function written({ method, path, body }: ApiQuestion): string {
  return `${method} ${path}\n${body === undefined ? '' : JSON.stringify(body)}\n`;
}

/** What the script wrote; a call that it did not come to counts as unanswered. */
export function readAnswers(input: { readonly output: Buffer; readonly count: number }): RemoteAnswers {
  const { output, count } = input;
  let at = 0;
  const line = (): string => {
    const end = output.indexOf('\n', at);
    const text = output.toString('latin1', at, end < 0 ? output.length : end);
    at = end < 0 ? output.length : end + 1;
    return text;
  };
  const thereMs = Number(line());
  let serverDateMs = Number.NaN;
  const answers: ApiAnswer[] = [];
  while (answers.length < count && at < output.length) {
    const [, status = '', length = '', date = ''] = /^(\d{3}) (\d+) (.*)$/.exec(line()) ?? [];
    const body = output.toString('utf8', at, at + Number(length));
    at += Number(length);
    if (Number.isNaN(serverDateMs)) serverDateMs = Date.parse(date);
    answers.push(answerOf({ code: Number(status), body }));
  }
  while (answers.length < count) answers.push({ problem: new Error('the API server did not answer') });
  return { answers, thereMs, serverDateMs };
}

function answerOf({ code, body }: { readonly code: number; readonly body: string }): ApiAnswer {
  if (code === 0) return { problem: new Error('the API server did not answer within 4 s') };
  try {
    return { code, body: JSON.parse(body) as unknown };
  } catch {
    return { code, body: { message: body.slice(0, 300) } };
  }
}
