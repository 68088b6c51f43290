import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MetadataProxyFlags, metadataProxySettings } from '../../../src/cli/metadata-proxy-settings.ts';
import { InvalidInputError } from '../../../src/errors/errors.ts';
import { DEFAULT_RULES } from '../../../src/proxies/metadata-proxy/default-rules.ts';
import { metadataProxySettingsSchema } from '../../../src/proxies/metadata-proxy/settings-schema.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const FLAGS: MetadataProxyFlags = {
  addr: '127.0.0.1:988',
  metricsAddr: '127.0.0.1:989',
  upstream: 'http://169.254.169.254',
  cache: true,
  merge: true,
};

const DEFAULTS = {
  listen: { host: '127.0.0.1', port: 988 },
  metrics: { host: '127.0.0.1', port: 989 },
  upstream: 'http://169.254.169.254',
  rules: DEFAULT_RULES,
  maxConnections: 100,
  merge: true,
  cache: true,
  tokenMarginMs: 300_000,
  clientTimeoutMs: 60_000,
  upstreamTimeoutMs: 60_000,
  longestWaitMs: 3_600_000,
  stopGraceMs: 10_000,
  accessLog: false,
};

const settingsOf = (given: Partial<MetadataProxyFlags> = {}) => metadataProxySettings({ ...FLAGS, ...given });

async function problemsOf(given: Partial<MetadataProxyFlags>) {
  try {
    await settingsOf(given);
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return thrown.problems.map(({ path }) => path);
    throw thrown;
  }
  return [];
}

describe('settings of a metadata proxy', () => {
  it.each([
    ['0.0.0.0:988', 'http://127.0.0.1:988'],
    ['[::]:80', 'http://localhost'],
    ['127.0.0.1:988', 'http://localhost:988'],
    ['localhost:988', 'http://[::1]:988'],
  ])('see that %s is the proxy itself by another name: %s', async (addr, upstream) => {
    expect(await problemsOf({ addr, upstream })).toEqual(['--upstream']);
  });

  it('take another port of this machine for another program', async () => {
    expect(await problemsOf({ addr: '0.0.0.0:988', upstream: 'http://127.0.0.1:18980' })).toEqual([]);
  });

  it('have a default each, the same on the command line and in the schema', async () => {
    expect(await settingsOf()).toEqual(DEFAULTS);
    expect(metadataProxySettingsSchema.parse({})).toEqual(DEFAULTS);
  });

  it('are what the flags say', async () => {
    const settings = await settingsOf({
      addr: '[::1]:0',
      metricsAddr: '0.0.0.0:9890',
      upstream: 'http://[fd00::1]:8080/',
      maxConnections: '7',
      tokenMargin: '0',
      clientTimeout: '255',
      upstreamTimeout: '5',
      longestWait: '86400',
      stopGrace: '0',
      cache: false,
      merge: false,
      accessLog: true,
    });
    expect(settings).toEqual({
      ...DEFAULTS,
      listen: { host: '::1', port: 0 },
      metrics: { host: '0.0.0.0', port: 9890 },
      upstream: 'http://[fd00::1]:8080',
      maxConnections: 7,
      tokenMarginMs: 0,
      clientTimeoutMs: 255_000,
      upstreamTimeoutMs: 5_000,
      longestWaitMs: 86_400_000,
      stopGraceMs: 0,
      cache: false,
      merge: false,
      accessLog: true,
    });
  });

  it('take their rules from a file', async () => {
    const file = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(
      file,
      'version: 1\nextends: default\nconcealed: [/computeMetadata/v1/instance/attributes/configure-sh]\n',
    );
    expect((await settingsOf({ rules: file })).rules).toEqual({
      ...DEFAULT_RULES,
      concealed: [...DEFAULT_RULES.concealed, '/computeMetadata/v1/instance/attributes/configure-sh'],
    });
  });

  it('are refused with everything that is wrong with them at once', async () => {
    const file = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(file, 'version: 2\nconcealed: [no-slash]\n');
    const paths = await problemsOf({
      addr: ':988',
      metricsAddr: '127.0.0.1',
      upstream: 'https://metadata/x',
      rules: file,
      maxConnections: '0',
      tokenMargin: '1.5',
      clientTimeout: '256',
      upstreamTimeout: '-1',
      longestWait: 'long',
      stopGrace: '',
    });
    expect(paths).toEqual([
      '--addr',
      '--metrics-addr',
      '--upstream',
      '--max-connections',
      '--token-margin',
      '--client-timeout',
      '--upstream-timeout',
      '--longest-wait',
      '--stop-grace',
      'version',
      'concealed[0]',
    ]);
  });

  it.each<readonly [string, Partial<MetadataProxyFlags>, string]>([
    ['no host', { addr: ':988' }, '--addr'],
    ['no port', { addr: '127.0.0.1' }, '--addr'],
    ['a port beyond all', { addr: '127.0.0.1:65536' }, '--addr'],
    ['IPv6 without brackets', { addr: '::1:988' }, '--addr'],
    ['metrics where the proxy is', { metricsAddr: '127.0.0.1:988' }, '--metrics-addr'],
    ['metrics where the proxy is, by a name', { metricsAddr: 'localhost:988' }, '--metrics-addr'],
    ['metrics where the proxy is, among others', { metricsAddr: '0.0.0.0:988' }, '--metrics-addr'],
    ['the proxy as its own upstream', { upstream: 'http://127.0.0.1:988' }, '--upstream'],
    ['another scheme', { upstream: 'https://169.254.169.254' }, '--upstream'],
    ['a path', { upstream: 'http://169.254.169.254/computeMetadata' }, '--upstream'],
    ['a user', { upstream: 'http://user:pass@169.254.169.254' }, '--upstream'],
    ['a query', { upstream: 'http://169.254.169.254?x' }, '--upstream'],
    ['an upstream port beyond all', { upstream: 'http://169.254.169.254:99999' }, '--upstream'],
    ['an exponent', { maxConnections: '1e2' }, '--max-connections'],
    ['a unit', { tokenMargin: '300s' }, '--token-margin'],
  ])('are refused for %s', async (_title, given, path) => {
    expect(await problemsOf(given)).toEqual([path]);
  });

  it('may have metrics at the same port of another address', async () => {
    expect(await problemsOf({ metricsAddr: '127.0.0.2:988' })).toEqual([]);
  });

  it('may take any free port for both', async () => {
    expect(await problemsOf({ addr: '127.0.0.1:0', metricsAddr: '127.0.0.1:0' })).toEqual([]);
  });
});
