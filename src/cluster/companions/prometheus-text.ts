// Reads a page in Prometheus' text format, as programs under test and kubelets write it. Pure.

/** One line of a page. */
export interface MetricSample {
  /** `requests_total`. */
  readonly name: string;
  /** Empty where it has none. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** When it was measured, where the line says so. */
  readonly atMs?: number;
}

/** More of one page are not read: what is kept of it is fewer still. */
const MOST_SAMPLES = 512;

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+([-+]?[\w.+-]+)(?:\s+(-?\d+))?\s*$/;
const LABEL = /([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/gy;

/** The sample on a line; null for a comment, an empty line, what has no finite value, and what is no such line. */
export function readSample(line: string): MetricSample | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, name = '', labelText = '', text = '', moment] = match;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  return { name, labels: labelsOf(labelText), value, ...(moment === undefined ? {} : { atMs: Number(moment) }) };
}

/** A page as values by name and labels, each as it stands there: `requests_total{verb="GET"}`. At most 512 of them. */
export function readMetricsPage(text: string): Readonly<Record<string, number>> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (values.size === MOST_SAMPLES) break;
    const sample = readSample(line);
    if (sample !== null) values.set(keyOf(sample), sample.value);
  }
  return Object.fromEntries(values);
}

function keyOf({ name, labels }: MetricSample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, unescaped(value)] as const);
  return Object.fromEntries(pairs);
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character));
}
