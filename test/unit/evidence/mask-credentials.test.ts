import { describe, expect, it } from 'vitest';
import { maskCredentials } from '../../../src/evidence/mask-credentials.ts';

describe('masked credentials', () => {
  it.each([
    ['http://u:p@h:1', 'http://***@h:1'],
    ['see http://u:p@h and https://t@g/x', 'see http://***@h and https://***@g/x'],
    ['socks5://u:p%40@h', 'socks5://***@h'],
    ['http://u:a@b@h', 'http://***@h'],
    ['http://h/a@b', 'http://h/a@b'],
    ['npm install a@1.0.0', 'npm install a@1.0.0'],
    ['Authorization: Bearer abc.def', 'Authorization: ***'],
    ['proxy-authorization: Basic Zm9v', 'proxy-authorization: ***'],
    ['//registry.example/:_authToken=npm_abc', '//registry.example/:_authToken=***'],
    ['GET /x?token=abc&a=1', 'GET /x?token=***&a=1'],
    ['"password": "hunter2"', '"password": "***"'],
    ['git://host.example/path@v1', 'git://host.example/path@v1'],
    ['example.com/mod@v1.2.3', 'example.com/mod@v1.2.3'],
  ])('%s becomes %s', (text, masked) => {
    expect(maskCredentials(text)).toBe(masked);
  });
});
