// Makes the settings of a metadata proxy of command-line flags, and tells everything that is wrong with them at once.
import { InvalidInputError, type Problem } from '../errors/errors.ts';
import { DEFAULT_RULES } from '../proxies/metadata-proxy/default-rules.ts';
import type { FilterRules } from '../proxies/metadata-proxy/filter-rules.ts';
import { readRules } from '../proxies/metadata-proxy/read-rules.ts';
import { NUMBERS, type NumberName } from '../proxies/metadata-proxy/setting-bounds.ts';
import type { MetadataProxySettings } from '../proxies/metadata-proxy/settings.ts';
import { metadataProxySettingsSchema, upstreamSetting } from '../proxies/metadata-proxy/settings-schema.ts';
import { isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts';

/** The flags as they were typed; what was not typed is undefined. */
export interface MetadataProxyFlags {
  readonly addr: string;
  readonly metricsAddr: string;
  readonly upstream: string;
  readonly rules?: string | undefined;
  readonly maxConnections?: string | undefined;
  readonly tokenMargin?: string | undefined;
  readonly clientTimeout?: string | undefined;
  readonly upstreamTimeout?: string | undefined;
  readonly longestWait?: string | undefined;
  readonly stopGrace?: string | undefined;
  /** False with `--no-cache`. */
  readonly cache: boolean;
  /** False with `--no-merge`. */
  readonly merge: boolean;
  readonly accessLog?: boolean | undefined;
}

/** Flags that are numbers: seconds, all but one. */
const NUMBER_FLAGS = [
  { flag: '--max-connections', key: 'maxConnections', name: 'maxConnections', scale: 1 },
  { flag: '--token-margin', key: 'tokenMargin', name: 'tokenMarginMs', scale: 1_000 },
  { flag: '--client-timeout', key: 'clientTimeout', name: 'clientTimeoutMs', scale: 1_000 },
  { flag: '--upstream-timeout', key: 'upstreamTimeout', name: 'upstreamTimeoutMs', scale: 1_000 },
  { flag: '--longest-wait', key: 'longestWait', name: 'longestWaitMs', scale: 1_000 },
  { flag: '--stop-grace', key: 'stopGrace', name: 'stopGraceMs', scale: 1_000 },
] as const;

/** @throws InvalidInputError with every problem of the flags and of the file of rules */
export async function metadataProxySettings(flags: MetadataProxyFlags): Promise<MetadataProxySettings> {
  const problems: Problem[] = [];
  const listen = addressOf({ flag: '--addr', text: flags.addr, problems });
  const metrics = addressOf({ flag: '--metrics-addr', text: flags.metricsAddr, problems });
  if (areOverlapping(listen, metrics)) {
    const hint = 'Give metrics a port of their own';
    problems.push({
      path: '--metrics-addr',
      value: flags.metricsAddr,
      message: 'is the address of the proxy itself',
      hint,
    });
  }
  const upstream = upstreamOf({ text: flags.upstream, listen, problems });
  const numbers = numbersOf({ flags, problems });
  const rules = await rulesOf({ file: flags.rules, problems });
  if (problems.length > 0) throw new InvalidInputError(problems);
  const { cache, merge, accessLog = false } = flags;
  const given = { listen, metrics, upstream, rules, ...numbers, cache, merge, accessLog };
  return metadataProxySettingsSchema.parse(given);
}

function addressOf(input: {
  readonly flag: string;
  readonly text: string;
  readonly problems: Problem[];
}): ListenAddress | null {
  const { flag, text, problems } = input;
  const address = parseListenAddress(text);
  if (address === null) {
    const hint = 'Write HOST:PORT, such as 127.0.0.1:988, [::1]:988, or 0.0.0.0:988 for every address of this machine';
    problems.push({ path: flag, value: text, message: 'is no address to listen on', hint });
  }
  return address;
}

function upstreamOf(input: {
  readonly text: string;
  readonly listen: ListenAddress | null;
  readonly problems: Problem[];
}): string {
  const { listen, problems } = input;
  // As people paste it.
  const text = input.text.replace(/\/$/, '');
  const problem = (message: string, hint: string): void =>
    void problems.push({ path: '--upstream', value: input.text, message, hint });
  if (!upstreamSetting.safeParse(text).success) {
    problem('is no URL of a metadata server', 'Write http://HOST or http://HOST:PORT, without a path');
    return text;
  }
  const { hostname, port } = new URL(text);
  const upstream = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
  if (isSame(listen, upstream) || isReachedBy(listen, upstream))
    problem('is the proxy itself', 'Give the address of the metadata server');
  return text;
}

function numbersOf(input: {
  readonly flags: MetadataProxyFlags;
  readonly problems: Problem[];
}): Partial<Record<NumberName, number>> {
  const { flags, problems } = input;
  const numbers: Partial<Record<NumberName, number>> = {};
  for (const { flag, key, name, scale } of NUMBER_FLAGS) {
    const text = flags[key];
    if (text === undefined) continue;
    const value = Number(text) * scale;
    const { min, max } = NUMBERS[name];
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) {
      numbers[name] = value;
      continue;
    }
    const unit = scale === 1 ? '' : ' of seconds';
    const hint = `Give a whole number${unit} from ${Math.ceil(min / scale)} to ${max / scale}`;
    problems.push({ path: flag, value: text, message: 'is not within its bounds', hint });
  }
  return numbers;
}

async function rulesOf(input: {
  readonly file: string | undefined;
  readonly problems: Problem[];
}): Promise<FilterRules> {
  const { file, problems } = input;
  if (file === undefined) return DEFAULT_RULES;
  try {
    return await readRules({ file });
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    problems.push(...thrown.problems);
    return DEFAULT_RULES;
  }
}

/** Whether one listens where the other leads, by another name of this machine. */
function isReachedBy(listen: ListenAddress | null, upstream: ListenAddress): boolean {
  if (listen === null || listen.port === 0 || listen.port !== upstream.port) return false;
  const isHere = isLoopback(upstream) || ANY.has(upstream.host);
  return isHere && (isLoopback(listen) || ANY.has(listen.host));
}

/** Whether listening at one takes the other, too: also by a name, or by every address of this machine. */
function areOverlapping(one: ListenAddress | null, other: ListenAddress | null): boolean {
  if (one === null || other === null || one.port === 0 || one.port !== other.port) return false;
  if (one.host === other.host || ANY.has(one.host) || ANY.has(other.host)) return true;
  return isLoopback(one) && isLoopback(other) && (one.host === 'localhost' || other.host === 'localhost');
}

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Port 0 is another one each time. */
function isSame(one: ListenAddress | null, other: ListenAddress | null): boolean {
  return one !== null && other !== null && one.port !== 0 && one.host === other.host && one.port === other.port;
}
