// The options of a load, once for both programs that take them: `proxybench load http` and `proxybench-load`.

export interface LoadOption {
  /** `rate` for `--rate`. */
  readonly name: string;
  /** What follows it: `<n>`; null for a switch. */
  readonly value: string | null;
  readonly description: string;
  /** May be given more than once. */
  readonly isRepeated?: boolean;
}

export const LOAD_OPTIONS = [
  {
    name: 'connections',
    value: '<n>',
    description: 'most connections at one time (default: 10; with --rate 1000)',
  },
  { name: 'requests', value: '<n>', description: 'end after so many requests' },
  {
    name: 'duration',
    value: '<time>',
    description: 'begin requests for so long, and wait for their answers: 500ms, 30s, 5m',
  },
  { name: 'keep-alive', value: null, description: 'use connections again, instead of one for each request' },
  { name: 'http10', value: null, description: 'speak HTTP/1.0, as ab does' },
  {
    name: 'rate',
    value: '<n>',
    description: 'open loop: so many requests a second on a fixed schedule, however slow the answers are',
  },
  {
    name: 'arrivals',
    value: '<kind>',
    description: 'schedule of an open loop: poisson or constant (default: poisson)',
  },
  {
    name: 'seed',
    value: '<n>',
    description: 'the chance in poisson arrivals: the same seed, the same schedule (default: 1)',
  },
  { name: 'warm-up', value: '<n or time>', description: 'first requests (200) or time (5s) that do not count' },
  { name: 'timeout', value: '<time>', description: 'for one request, dialling included (default: 30s)' },
  { name: 'method', value: '<name>', description: 'request method, without a body (default: GET)' },
  {
    name: 'header',
    value: '<line>',
    description: "a header line, 'Name: value'; may be given again",
    isRepeated: true,
  },
  { name: 'threads', value: '<n>', description: 'worker threads, 1 to 64 (default: 1)' },
] as const satisfies readonly LoadOption[];

export type LoadOptionName = (typeof LOAD_OPTIONS)[number]['name'];

/** What was given, by name: text, true for a switch, a list for what is repeated. */
export type LoadOptionValues = Readonly<Partial<Record<LoadOptionName, unknown>>>;
