// From a URL and options as typed to checked settings; everything that is wrong with them is told at once.
import { InvalidInputError, type Problem } from '../errors/errors.ts';
import type { WarmUp } from './budget.ts';
import type { LoadOptionName, LoadOptionValues } from './load-options.ts';
import type { LoadSettings, OpenSettings } from './load-settings.ts';

const CLOSED_CONNECTIONS = 10;
const OPEN_CONNECTIONS = 1_000;
const MOST_CONNECTIONS = 60_000;
const MOST_REQUESTS = 1_000_000_000;
const MOST_RATE = 1_000_000;
const MOST_THREADS = 64;
const MOST_SEED = 2 ** 32 - 1;
const DEFAULT_TIMEOUT_MS = 30_000;
const MOST_TIME_MS = 24 * 3_600_000;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const TIME = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/;
const WHOLE = /^\d{1,10}$/;
const RATE = /^\d{1,7}(?:\.\d{1,3})?$/;
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const HEADER = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):[\t ]*([\t -~\x80-\xff]*)$/;
/** Headers that say how the request is framed, which is not the user's to say. */
const FRAMING = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** @throws InvalidInputError with every problem */
export function readLoadSettings(input: { readonly url: string; readonly values: LoadOptionValues }): LoadSettings {
  const { values } = input;
  const problems: Problem[] = [];
  const reading = new Reading({ values, problems });
  const rate = reading.number({ name: 'rate', pattern: RATE, least: 0.001, most: MOST_RATE });
  const open = readOpen({ reading, rate });
  const requests = reading.whole({ name: 'requests', least: 1, most: MOST_REQUESTS });
  const durationMs = reading.time('duration');
  if (values['requests'] === undefined && values['duration'] === undefined) {
    const hint = 'Give --requests or --duration, or both: what comes first ends the load';
    problems.push({ path: '--requests', message: 'nothing says when the load is to end', hint });
  }
  const defaultConnections = open === null ? CLOSED_CONNECTIONS : OPEN_CONNECTIONS;
  const threads = reading.whole({ name: 'threads', least: 1, most: MOST_THREADS }) ?? 1;
  const connections =
    reading.whole({ name: 'connections', least: 1, most: MOST_CONNECTIONS }) ?? Math.max(defaultConnections, threads);
  const least = Math.min(connections, requests ?? connections);
  if (threads > least) {
    const hint = 'Each thread needs a connection and a request of its own';
    problems.push({ path: '--threads', value: threads, message: `more threads than connections or requests`, hint });
  }
  const settings: LoadSettings = {
    ...readUrl({ url: input.url, problems }),
    method: reading.text({ name: 'method', pattern: TOKEN, hint: 'Write a method such as GET' }) ?? 'GET',
    headers: readHeaders({ given: values['header'], problems }),
    http: values['http10'] === true ? '1.0' : '1.1',
    keepAlive: values['keep-alive'] === true,
    connections,
    requests,
    durationMs,
    open,
    warmUp: readWarmUp(reading),
    timeoutMs: reading.time('timeout') ?? DEFAULT_TIMEOUT_MS,
    threads,
  };
  if (settings.method === 'CONNECT') {
    problems.push({
      path: '--method',
      value: 'CONNECT',
      message: 'tunnels are not measured here',
      hint: 'Use another method',
    });
  }
  if (problems.length > 0) throw new InvalidInputError(problems);
  return settings;
}

function readOpen({ reading, rate }: { readonly reading: Reading; readonly rate: number | null }): OpenSettings | null {
  const pattern = /^(?:poisson|constant)$/;
  const arrivals = reading.text({ name: 'arrivals', pattern, hint: 'Write poisson or constant' }) ?? 'poisson';
  const seed = reading.whole({ name: 'seed', least: 0, most: MOST_SEED }) ?? 1;
  if (!reading.isGiven('rate')) {
    for (const name of ['arrivals', 'seed'] as const) {
      if (reading.isGiven(name)) reading.refuse({ name, message: 'only an open loop has it', hint: 'Add --rate' });
    }
    return null;
  }
  return { ratePerSecond: rate ?? 1, arrivals: arrivals === 'constant' ? 'constant' : 'poisson', seed };
}

function readWarmUp(reading: Reading): WarmUp {
  const text = reading.raw('warm-up');
  if (text === undefined) return { requests: 0 };
  if (!WHOLE.test(text)) return { ms: reading.time('warm-up') ?? 0 };
  return { requests: reading.whole({ name: 'warm-up', least: 0, most: MOST_REQUESTS }) ?? 0 };
}

function readUrl(input: {
  readonly url: string;
  readonly problems: Problem[];
}): Pick<LoadSettings, 'host' | 'port' | 'path'> {
  const refuse = (message: string, hint: string): Pick<LoadSettings, 'host' | 'port' | 'path'> => {
    // Not shown as typed: it may hold a password or a token.
    input.problems.push({ path: 'url', message, hint });
    return { host: '', port: 0, path: '' };
  };
  const url = URL.parse(input.url);
  if (url === null) return refuse('this is not a URL', 'Write it whole: http://127.0.0.1:8080/path');
  if (url.protocol !== 'http:') return refuse('only http is measured', 'Write http://host:port/path');
  if (url.username !== '' || url.password !== '')
    return refuse('a URL must not hold a user or password', "Send them with --header 'Authorization: ...'");
  if (url.port === '0') return refuse('nobody can be reached on port 0', 'Write http://host:port/path');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 80 : Number(url.port),
    path: `${url.pathname}${url.search}`,
  };
}

function readHeaders(input: { readonly given: unknown; readonly problems: Problem[] }): LoadSettings['headers'] {
  const lines = Array.isArray(input.given) ? input.given.map(String) : [];
  return lines.flatMap((line) => {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    const hint = "Write 'Name: value'";
    // The value may be a secret, so that no problem shows it.
    if (name === '') input.problems.push({ path: '--header', message: 'this is not a header line', hint });
    else if (FRAMING.has(name.toLowerCase()))
      input.problems.push({
        path: '--header',
        value: name,
        message: 'this header is made by the program',
        hint: 'Leave it out; see --keep-alive',
      });
    return [[name, value.trimEnd()] as const];
  });
}

/** Reads single options; what is wrong is added to the problems, and null stands for it. */
class Reading {
  readonly #values: LoadOptionValues;
  readonly #problems: Problem[];

  constructor({ values, problems }: { readonly values: LoadOptionValues; readonly problems: Problem[] }) {
    this.#values = values;
    this.#problems = problems;
  }

  isGiven(name: LoadOptionName): boolean {
    return this.#values[name] !== undefined;
  }

  raw(name: LoadOptionName): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  refuse({
    name,
    message,
    hint,
  }: {
    readonly name: LoadOptionName;
    readonly message: string;
    readonly hint: string;
  }): null {
    this.#problems.push({ path: `--${name}`, value: this.raw(name), message, hint });
    return null;
  }

  text(input: { readonly name: LoadOptionName; readonly pattern: RegExp; readonly hint: string }): string | null {
    const text = this.raw(input.name);
    if (text === undefined) return null;
    return input.pattern.test(text) ? text : this.refuse({ ...input, message: 'this cannot be used' });
  }

  whole(input: { readonly name: LoadOptionName; readonly least: number; readonly most: number }): number | null {
    return this.number({ ...input, pattern: WHOLE });
  }

  number(input: {
    readonly name: LoadOptionName;
    readonly pattern: RegExp;
    readonly least: number;
    readonly most: number;
  }): number | null {
    const { name, pattern, least, most } = input;
    const text = this.raw(name);
    if (text === undefined) return null;
    const value = Number(text);
    if (pattern.test(text) && value >= least && value <= most) return value;
    const kind = pattern === WHOLE ? 'whole number' : 'number';
    return this.refuse({
      name,
      message: `not a ${kind} within its bounds`,
      hint: `Write one from ${least} to ${most}`,
    });
  }

  time(name: LoadOptionName): number | null {
    const text = this.raw(name);
    if (text === undefined) return null;
    const [, amount = '', unit = ''] = TIME.exec(text) ?? [];
    const value = Number(amount) * (UNITS_MS[unit] ?? 0);
    if (value > 0 && value <= MOST_TIME_MS) return value;
    return this.refuse({ name, message: 'not a time above zero and within a day', hint: 'Write 500ms, 30s or 5m' });
  }
}
