// The egress proxy's ledger in the words of the Clash API, as sing-box and mihomo would say them.
import { isIP } from 'node:net';
import type { LedgerConnection, LedgerSnapshot } from './connection-ledger.ts';

/** `GET /version`. `instance` is an addition: another one after every restart. */
export function versionAnswer(input: { readonly version: string; readonly instance: string }): object {
  return { version: `proxybench-egress ${input.version}`, meta: false, premium: false, instance: input.instance };
}

/** `GET /connections`. An addition: closed connections stay listed for a while, with `end`. */
export function connectionsAnswer(snapshot: LedgerSnapshot): object {
  return {
    downloadTotal: snapshot.downloadTotalBytes,
    uploadTotal: snapshot.uploadTotalBytes,
    connections: snapshot.connections.map(connectionAnswer),
    memory: process.memoryUsage.rss(),
  };
}

/** One line of `GET /traffic`: bytes since the previous line. */
export function trafficAnswer(input: { readonly before: LedgerSnapshot; readonly after: LedgerSnapshot }): object {
  return {
    up: input.after.uploadTotalBytes - input.before.uploadTotalBytes,
    down: input.after.downloadTotalBytes - input.before.downloadTotalBytes,
  };
}

function connectionAnswer(connection: LedgerConnection): object {
  const { origin } = connection;
  const hostIsAddress = isIP(origin.targetHost) !== 0;
  return {
    id: connection.id,
    metadata: {
      network: 'tcp',
      type: origin.kind === 'tunnel' ? 'HTTPS' : 'HTTP',
      sourceIP: withoutMapping(origin.clientAddress),
      destinationIP: withoutMapping(connection.targetAddress || (hostIsAddress ? origin.targetHost : '')),
      sourcePort: String(origin.clientPort),
      destinationPort: String(origin.targetPort),
      host: hostIsAddress ? '' : origin.targetHost,
      dnsMode: 'normal',
      processPath: '',
    },
    upload: connection.uploadBytes,
    download: connection.downloadBytes,
    start: new Date(connection.startMs).toISOString(),
    ...(connection.endMs === null ? {} : { end: new Date(connection.endMs).toISOString() }),
    chains: ['DIRECT'],
    rule: 'final',
    rulePayload: '',
  };
}

/** `::ffff:10.0.0.1` is how a dual-stack socket writes `10.0.0.1`. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
