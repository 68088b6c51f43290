import { describe, expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../../../src/proxies/metadata-proxy/default-rules.ts';
import { judgeRequest, REFUSALS } from '../../../../src/proxies/metadata-proxy/filter.ts';

const V1 = '/computeMetadata/v1/instance';
const V1BETA1 = '/computeMetadata/v1beta1/instance';
const V01 = '/0.1/meta-data';
const EMAIL = '12345-compute@developer.gserviceaccount.com';

const judge = (target: string, headerNames: readonly string[] = []) =>
  judgeRequest({ rules: DEFAULT_RULES, target, headerNames });

describe('requests that the original lets through', () => {
  it.each([
    ['discovery', '/', '/'],
    ['discovery', '/0.1', '/0.1'],
    ['discovery', '/0.1/', '/0.1/'],
    ['discovery', '/0.1/meta-data', '/0.1/meta-data'],
    ['discovery', '/computeMetadata', '/computeMetadata'],
    ['discovery', '/computeMetadata/', '/computeMetadata/'],
    ['discovery', '/computeMetadata/v1', '/computeMetadata/v1'],
    ['base', `${V01}/`, `${V01}/`],
    ['base', '/computeMetadata/v1beta1/', '/computeMetadata/v1beta1/'],
    ['base', '/computeMetadata/v1/', '/computeMetadata/v1/'],
    ['token', `${V1}/service-accounts/default/token`, `${V1}/service-accounts/default/token`],
    ['token', `${V1}/service-accounts/${EMAIL}/token`, `${V1}/service-accounts/${EMAIL}/token`],
    ['recursive', `${V1}/service-accounts/default/?recursive=true`, `${V1}/service-accounts/default/`],
    ['recursive', `${V1}/service-accounts/${EMAIL}/?recursive=true`, `${V1}/service-accounts/${EMAIL}/`],
    ['other known key', `${V1}/id?alt=json`, `${V1}/id`],
    ['other known key', `${V1}/id?wait_for_change=true`, `${V1}/id`],
    ['other known key', `${V1}/id?wait_for_change=true&timeout_sec=10`, `${V1}/id`],
    ['other known key', `${V1}/id?wait_for_change=true&last_etag=d34db33f`, `${V1}/id`],
    ['other known key', `${V01}/auth-token?service_account=default&scope=a`, `${V01}/auth-token`],
    ['other known key', `${V1}/service-accounts/default/token?scopes=a,b`, `${V1}/service-accounts/default/token`],
  ])('are let through (%s): %s', (_group, target, path) => {
    const query = target.slice(path.length + 1);
    expect(judge(target)).toEqual({
      allowed: true,
      path,
      query,
      forward: target,
      recursive: query.includes('recursive'),
      waitForChange: query.includes('wait_for_change'),
    });
  });
});

describe('requests that the original refuses', () => {
  it.each([
    ['unknown key', `${V1}/id?something=true`, 'Unrecognized query parameter key: `something`'],
    ['unknown key', `${V1}/id?alt=json&something`, 'Unrecognized query parameter key: `something`'],
    ['other API version', '/0.2/meta-data/id', REFUSALS.unknown],
    ['other API version', '/computeMetadata/v2/instance/id', REFUSALS.unknown],
    ['other API version', '/computeMetadata/V1/instance/id', REFUSALS.unknown],
    ['kube-env', `${V01}/attributes/kube-env`, REFUSALS.concealed],
    ['kube-env', `${V1BETA1}/attributes/kube-env`, REFUSALS.concealed],
    ['kube-env', `${V1}/attributes/kube-env`, REFUSALS.concealed],
    ['identity', `${V01}/service-accounts/default/identity`, REFUSALS.concealed],
    ['identity', `${V1BETA1}/service-accounts/default/identity`, REFUSALS.concealed],
    ['identity', `${V1}/service-accounts/${EMAIL}/identity`, REFUSALS.concealed],
    [
      'identity',
      `${V1}/service-accounts/default/identity?audience=https://example.com&format=full`,
      REFUSALS.concealed,
    ],
    ['recursive', `${V1}/?recursive=true`, REFUSALS.recursive],
    ['recursive, percent-encoded key', `${V1}/?%72ecursive=true`, REFUSALS.recursive],
    ['recursive, no value', `${V1}/?recursive`, REFUSALS.recursive],
    ['recursive, second', `${V1}/?alt=json&recursive=true`, REFUSALS.recursive],
    ['recursive, first', `${V1}/?recursive=true&alt=json`, REFUSALS.recursive],
    ['recursive, after ;', `${V1}/?alt=text;recursive=true`, REFUSALS.recursive],
    ['//', '/computeMetadata//v1/instance/attributes//kube-env', REFUSALS.concealed],
    ['/../', `${V1}/attributes/other/../kube-env`, REFUSALS.concealed],
    ['opaque URL', 'http:computeMetadata/v1/instance/id', REFUSALS.unsafe],
  ])('are refused in the same words (%s): %s', (_group, target, reason) => {
    expect(judge(target)).toEqual({ allowed: false, reason });
  });

  it('come out with these very texts', () => {
    expect(REFUSALS).toEqual({
      forwarded: 'Calls with X-Forwarded-For header are not allowed by the metadata proxy',
      unsafe: 'Metadata proxy could not safely parse request',
      recursive: 'This metadata endpoint is concealed for ?recursive calls',
      concealed: 'This metadata endpoint is concealed',
      unknown: 'This metadata API is not allowed by the metadata proxy',
    });
  });
});

describe('headers', () => {
  it.each([
    ['no header', [], true],
    ['an unrelated header', ['Metadata-Flavor'], true],
    ['X-Forwarded-For alone', ['X-Forwarded-For'], false],
    ['X-Forwarded-For with another', ['Metadata-Flavor', 'X-Forwarded-For'], false],
  ] as const)('are judged by their names: %s', (_title, headerNames, allowed) => {
    const judgement = judge(`${V1}/id`, headerNames);
    expect(judgement.allowed).toBe(allowed);
    if (!judgement.allowed) expect(judgement.reason).toBe(REFUSALS.forwarded);
  });
});

describe('the order of the rules', () => {
  it.each([
    ['X-Forwarded-For comes before all', '/\u0000', ['x-forwarded-for'], REFUSALS.forwarded],
    ['what cannot be parsed comes before an unknown key', '/a%2Fb?nobody=1', [], REFUSALS.unsafe],
    [
      'an unknown key comes before recursive',
      `${V1}/?recursive&nobody`,
      [],
      'Unrecognized query parameter key: `nobody`',
    ],
    ['recursive comes before a concealed path', `${V1}/attributes/kube-env?recursive`, [], REFUSALS.recursive],
    ['recursive comes before an unknown API', '/other?recursive', [], REFUSALS.recursive],
  ])('%s', (_title, target, headerNames, reason) => {
    expect(judge(target, headerNames)).toEqual({ allowed: false, reason });
  });
});
