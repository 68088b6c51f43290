// Where Temporal is and how to sign in, from the environment variables that Temporal's own command line reads.
import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import { InvalidInputError, messageOf } from '../errors/errors.ts';
import type { Problem } from '../errors/errors.ts';

export const DEFAULT_ADDRESS = '127.0.0.1:7233';
export const DEFAULT_NAMESPACE = 'default';

/** Fit for the client's and for the worker's connection alike. */
export interface ConnectionSettings {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  readonly tls?: TLSConfig | boolean;
  /** Secret: never shown. */
  readonly apiKey?: string;
}

/**
 * Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS, TEMPORAL_TLS_SERVER_NAME,
 * TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH. TLS is on when an
 * API key or any TLS setting is there, unless TEMPORAL_TLS says false.
 * @throws InvalidInputError naming each variable that cannot be used
 */
export function connectionSettings(input: {
  readonly env: Readonly<Record<string, string | undefined>>;
}): ConnectionSettings {
  const read = (name: string): string | undefined => (input.env[name] === '' ? undefined : input.env[name]);
  const problems: Problem[] = [];
  const address = read('TEMPORAL_ADDRESS') ?? DEFAULT_ADDRESS;
  if (!/^[^\s/]+:\d{1,5}$/.test(address)) {
    problems.push({
      path: 'TEMPORAL_ADDRESS',
      value: address,
      message: "is not an address of Temporal's frontend",
      hint: 'Write host:port without a scheme, such as 127.0.0.1:7233',
    });
  }
  const file = (name: string): Buffer | undefined => {
    const path = read(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (thrown) {
      problems.push({
        path: name,
        value: path,
        message: `cannot be read: ${messageOf(thrown)}`,
        hint: 'Name a PEM file that this user may read',
      });
      return undefined;
    }
  };
  const apiKey = read('TEMPORAL_API_KEY');
  const serverName = read('TEMPORAL_TLS_SERVER_NAME');
  const authority = file('TEMPORAL_TLS_SERVER_CA_CERT_PATH');
  const certificate = file('TEMPORAL_TLS_CLIENT_CERT_PATH');
  const key = file('TEMPORAL_TLS_CLIENT_KEY_PATH');
  if ((certificate === undefined) !== (key === undefined) && problems.length === 0) {
    problems.push({
      path: certificate === undefined ? 'TEMPORAL_TLS_CLIENT_CERT_PATH' : 'TEMPORAL_TLS_CLIENT_KEY_PATH',
      message: 'is missing',
      hint: 'A client certificate and its key are given together',
    });
  }
  if (problems.length > 0) throw new InvalidInputError(problems);

  const tls = tlsOf({ wanted: read('TEMPORAL_TLS'), apiKey, serverName, authority, certificate, key });
  return {
    address,
    namespace: read('TEMPORAL_NAMESPACE') ?? DEFAULT_NAMESPACE,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

function tlsOf(input: {
  readonly wanted: string | undefined;
  readonly apiKey: string | undefined;
  readonly serverName: string | undefined;
  readonly authority: Buffer | undefined;
  readonly certificate: Buffer | undefined;
  readonly key: Buffer | undefined;
}): TLSConfig | boolean | undefined {
  const { wanted, apiKey, serverName, authority, certificate, key } = input;
  if (wanted !== undefined && ['false', '0', 'no'].includes(wanted.toLowerCase())) return false;
  const config: TLSConfig = {
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    ...(authority === undefined ? {} : { serverRootCACertificate: authority }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertPair: { crt: certificate, key } }),
  };
  if (Object.keys(config).length > 0) return config;
  return wanted !== undefined || apiKey !== undefined ? true : undefined;
}
