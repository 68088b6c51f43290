import { describe, expect, it } from 'vitest';
import { checkedSettings } from '../../../../src/proxies/metadata-proxy/checked-settings.ts';
import { metadataProxySettingsSchema } from '../../../../src/proxies/metadata-proxy/settings-schema.ts';

const GOOD = metadataProxySettingsSchema.parse({});

describe('the settings of the lean program', () => {
  it('are taken as the command writes them', () => {
    expect(checkedSettings(JSON.parse(JSON.stringify(GOOD)))).toEqual(GOOD);
  });

  it.each(Object.keys(GOOD))('are refused without %s, by its name', (name) => {
    const { [name as keyof typeof GOOD]: _left, ...others } = GOOD;
    expect(() => checkedSettings(others)).toThrow(name);
  });

  it.each(['http://user:pw@127.0.0.1', 'http://127.0.0.1/base', 'https://127.0.0.1', '127.0.0.1'])(
    'are refused with the upstream %s, which is not repeated',
    (upstream) => {
      expect(() => checkedSettings({ ...GOOD, upstream })).toThrow(/: upstream$/);
    },
  );

  it.each([null, 1, [], 'x'])('are an object: %j is none', (given) => {
    expect(() => checkedSettings(given)).toThrow('listen');
  });
});
