import { expect, test } from 'vitest';
import { isNetworkFailure } from '../../../src/processes/network-failure.ts';

test.each([
  'go: example.com/tool@v1.2.3: Get "https://modules.example/x": dial tcp: lookup modules.example: no such host',
  'read tcp 10.0.0.1:50000->10.0.0.2:443: read: connection reset by peer',
  'net/http: TLS handshake timeout',
  'Get "https://modules.example/x.zip": EOF',
  'reading https://modules.example/x.zip: 502 Bad Gateway',
  'stream error: stream ID 5; INTERNAL_ERROR; received from peer',
  "fatal: unable to access 'https://example.com/x/': Could not resolve host: example.com",
  "fatal: unable to access 'https://example.com/x/': The requested URL returned error: 503",
])('is one that may go well the next time: %s', (line) => {
  expect(isNetworkFailure(line)).toBe(true);
});

test.each([
  'go: example.com/tool@v1.2.3: reading https://modules.example/x: 404 Not Found',
  'go: module example.com/tool@v1.2.3 found, but does not contain package example.com/tool/cmd',
  'go: module lookup disabled by GOPROXY=off',
  'verifying module: checksum mismatch',
  'main.go:502:7: undefined: dialer',
  'no space left on device',
])('is one that will not: %s', (line) => {
  expect(isNetworkFailure(line)).toBe(false);
});
