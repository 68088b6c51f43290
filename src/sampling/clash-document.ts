// Reads what a Clash API answers, whoever wrote it: sing-box, mihomo or the embedded proxy.
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import type { ControlConnection, ControlSnapshot } from './control-client.ts';

/** What a `/connections` document tells, without when and how it came. */
export type ClashReading = Omit<ControlSnapshot, 'atMs' | 'via'>;

// zod's `int` refuses what a double cannot hold exactly. Keys that are not named are other implementations' business.
const byteCount = z.int().nonnegative();

const connection = z.object({
  id: z.string().min(1),
  metadata: z.object({
    sourceIP: z.string().default(''),
    host: z.string().default(''),
    destinationIP: z.string().default(''),
    destinationPort: z.union([z.string(), z.int()]).default(''),
  }),
  upload: byteCount,
  download: byteCount,
  start: z.string().transform((text, context) => {
    const startMs = Date.parse(text);
    if (Number.isNaN(startMs)) context.addIssue({ code: 'custom', message: 'not a time' });
    return startMs;
  }),
});

const connectionsDocument = z.object({
  uploadTotal: byteCount,
  downloadTotal: byteCount,
  // A Go nil slice is written as null: nothing is open.
  connections: z.array(connection).nullish(),
});

const versionDocument = z.object({ instance: z.string().min(1).optional() });

/** A document that is not what a Clash API answers. The message names the place and never shows the content. */
export class MalformedDocumentError extends Error {
  override readonly name = 'MalformedDocumentError';
}

/** @throws MalformedDocumentError */
export function parseConnections(text: string): ClashReading {
  const document = parse(connectionsDocument, text);
  return {
    uploadTotalBytes: document.uploadTotal,
    downloadTotalBytes: document.downloadTotal,
    connections: (document.connections ?? []).map(toControlConnection),
  };
}

/** The `instance` of a `/version` answer; only the embedded proxy has one. @throws MalformedDocumentError */
export function parseInstance(text: string): string | undefined {
  return parse(versionDocument, text).instance;
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new MalformedDocumentError('the answer is not JSON');
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join('.') || 'the answer';
  throw new MalformedDocumentError(`${path}: ${issue?.message ?? 'not understood'}`);
}

function toControlConnection(read: z.output<typeof connection>): ControlConnection {
  const { metadata } = read;
  const host = withoutMapping(metadata.host || metadata.destinationIP);
  const port = String(metadata.destinationPort);
  return {
    id: read.id,
    client: withoutMapping(metadata.sourceIP),
    destination: port === '' ? host : `${isIPv6(host) ? `[${host}]` : host}:${port}`,
    startMs: read.start,
    uploadBytes: read.upload,
    downloadBytes: read.download,
  };
}

/** One client must have one name, also where a dual-stack socket writes `10.0.0.1` as `::ffff:10.0.0.1`. */
function withoutMapping(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice('::ffff:'.length) : address;
}
