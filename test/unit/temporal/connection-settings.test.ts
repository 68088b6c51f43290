import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionSettings } from '../../../src/temporal/connection-settings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function pem(name: string): string {
  const file = join(temporaryDirectory('pem'), name);
  writeFileSync(file, name);
  return file;
}

test('without any variable it is the local server, the default namespace and no TLS', () => {
  expect(connectionSettings({ env: { TEMPORAL_NAMESPACE: '' } })).toEqual({
    address: '127.0.0.1:7233',
    namespace: 'default',
  });
});

test('an API key switches TLS on', () => {
  expect(
    connectionSettings({
      env: { TEMPORAL_ADDRESS: 'eu.example:7233', TEMPORAL_NAMESPACE: 'bench', TEMPORAL_API_KEY: 'k' },
    }),
  ).toEqual({
    address: 'eu.example:7233',
    namespace: 'bench',
    tls: true,
    apiKey: 'k',
  });
});

test('certificates are read from their files', () => {
  const env = {
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: pem('ca'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: pem('crt'),
    TEMPORAL_TLS_CLIENT_KEY_PATH: pem('key'),
    TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
  };
  expect(connectionSettings({ env }).tls).toEqual({
    serverNameOverride: 'temporal.example',
    serverRootCACertificate: Buffer.from('ca'),
    clientCertPair: { crt: Buffer.from('crt'), key: Buffer.from('key') },
  });
});

test('TEMPORAL_TLS=false switches TLS off whatever else is set', () => {
  expect(connectionSettings({ env: { TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: 'k' } }).tls).toBe(false);
});

test('every variable that cannot be used is named at once, and no secret is shown', () => {
  const env = {
    TEMPORAL_ADDRESS: 'https://somewhere',
    TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/crt',
    TEMPORAL_API_KEY: 'hidden-key',
  };
  expect(() => connectionSettings({ env })).toThrow(
    expect.objectContaining({
      problems: [
        expect.objectContaining({ path: 'TEMPORAL_ADDRESS', value: 'https://somewhere' }),
        expect.objectContaining({ path: 'TEMPORAL_TLS_CLIENT_CERT_PATH', value: '/nowhere/crt' }),
      ],
      message: expect.not.stringContaining('hidden-key'),
    }),
  );
});

test('a client certificate without its key is refused', () => {
  expect(() => connectionSettings({ env: { TEMPORAL_TLS_CLIENT_CERT_PATH: pem('crt') } })).toThrow(
    'TEMPORAL_TLS_CLIENT_KEY_PATH: is missing',
  );
});
