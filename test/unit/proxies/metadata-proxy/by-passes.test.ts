import { describe, expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../../../src/proxies/metadata-proxy/default-rules.ts';
import { judgeRequest, REFUSALS } from '../../../../src/proxies/metadata-proxy/filter.ts';

const V1 = '/computeMetadata/v1/instance';
const KUBE_ENV = `${V1}/attributes/kube-env`;
const ACCOUNT = `${V1}/service-accounts/default`;

const { unsafe, recursive, concealed, unknown } = REFUSALS;
const unknownKey = (key: string) => `Unrecognized query parameter key: \`${key}\``;

const judge = (target: string, headerNames: readonly string[] = []) =>
  judgeRequest({ rules: DEFAULT_RULES, target, headerNames });

describe('ways around the filter', () => {
  it.each([
    ['a semicolon before the key', `${V1}/?alt=text;recursive=true`, recursive],
    ['a semicolon after the key', `${V1}/?recursive;alt=text`, recursive],
    ['an encoded semicolon', `${V1}/?alt=text%3Brecursive=true`, recursive],
    ['an encoded ampersand', `${V1}/?alt=text%26recursive=true`, recursive],
    ['an encoded equals sign', `${V1}/?recursive%3Dtrue`, unknownKey('recursive=true')],
    ['separators and key encoded', `${V1}/?alt=text%26%72ecursive%3Dtrue`, recursive],
    ['an ampersand as of HTML', `${V1}/?alt=text&amp;recursive=true`, unknownKey('amp')],
    ['a key in another case', `${V1}/?Recursive=true`, unknownKey('Recursive')],
    ['a key with a space', `${V1}/?%20recursive=true`, unknownKey(' recursive')],
    ['a key with a plus', `${V1}/?+recursive=true`, unknownKey('+recursive')],
    ['a key as of an array', `${V1}/?recursive[]=true`, unknownKey('recursive[]')],
    ['a key after a second question mark', `${V1}/??recursive=true`, unknownKey('?recursive')],
    ['an empty key', `${V1}/?=true`, unknownKey('')],
    ['a key encoded twice', `${V1}/?%2572ecursive=true`, unsafe],
    ['an ampersand encoded twice', `${V1}/?alt=text%2526recursive=true`, unsafe],
    ['an escape as of IIS', `${V1}/?alt=text%u0026recursive=true`, unsafe],
    ['an overlong ampersand', `${V1}/?alt=text%C0%A6recursive=true`, unsafe],
    ['a NUL in the query', `${V1}/?alt=text%00&recursive=true`, unsafe],
    ['a line break in the query', `${V1}/?alt=text%0d%0a&recursive=true`, unsafe],
    ['an escape cut short in the query', `${V1}/?alt=%4`, unsafe],
    ['a fragment in the query', `${V1}/?alt=text#&recursive=true`, unsafe],
    ['raw bytes beyond ASCII in the query', `${V1}/?alt=\u00ff`, unsafe],
    ['a space in the query', `${V1}/?alt=a b`, unsafe],

    ['a trailing slash', `${KUBE_ENV}/`, concealed],
    ['trailing slashes', `${KUBE_ENV}///`, concealed],
    ['a trailing dot segment', `${KUBE_ENV}/.`, concealed],
    ['something below', `${KUBE_ENV}/x`, concealed],
    ['a trailing slash on identity', `${ACCOUNT}/identity/`, concealed],
    ['identity further down', `${ACCOUNT}/x/identity`, concealed],
    ['something below identity', `${ACCOUNT}/identity/x`, concealed],
    ['another case', `${V1}/attributes/Kube-Env`, concealed],
    ['another case of identity', `${ACCOUNT}/IDENTITY`, concealed],
    ['another case of the version', '/computeMetadata/V1/instance/attributes', unknown],
    ['encoded letters', `${V1}/attributes/%6bube%2Denv`, concealed],
    ['doubled slashes', '//computeMetadata//v1/instance///attributes//kube-env', concealed],
    ['dot segments', `/x/..${V1}/./attributes/x/../kube-env`, concealed],
    ['encoded dot segments', `${V1}/attributes/x/%2e%2E/kube-env`, concealed],
    ['half-encoded dot segments', `${V1}/attributes/x/.%2e/kube-env`, concealed],
    ['dot segments out of the API', '/computeMetadata/v1/../../other', unknown],
    ['dot segments above the root', `/../..${KUBE_ENV}`, concealed],
    ['recursive through dot segments', `${ACCOUNT}/../?recursive=true`, recursive],
    ['recursive without the trailing slash', `${ACCOUNT}?recursive=true`, recursive],
    ['recursive below an account', `${ACCOUNT}/scopes/?recursive=true`, recursive],
    ['recursive on all accounts', `${V1}/service-accounts/?recursive=true`, recursive],
    ['recursive on no account', `${V1}/service-accounts//?recursive=true`, recursive],
    ['an encoded slash', `${V1}/attributes%2Fkube-env`, unsafe],
    ['an encoded slash in lower case', `${V1}/attributes%2fkube-env`, unsafe],
    ['a slash encoded twice', `${V1}/attributes%252Fkube-env`, unsafe],
    ['a letter encoded twice', `${V1}/attributes/%256bube-env`, unsafe],
    ['a percent sign', `${V1}/attributes/%25`, unsafe],
    ['an overlong slash', `${V1}/attributes%C0%AFkube-env`, unsafe],
    ['an overlong letter', `${V1}/attributes/%C1%ABube-env`, unsafe],
    ['a byte that is no UTF-8', `${V1}/attributes/%FF`, unsafe],
    ['letters that look alike', `${V1}/attributes/kube%EF%BC%8Denv`, unsafe],
    ['raw bytes beyond ASCII', `${V1}/attributes/kube\u00adenv`, unsafe],
    ['an escape as of IIS in the path', `${V1}/attributes%u002fkube-env`, unsafe],
    ['an escape cut short', `${KUBE_ENV}%`, unsafe],
    ['an escape cut shorter', `${KUBE_ENV}%2`, unsafe],
    ['an escape that is not hexadecimal', `${V1}/attributes/%6gube-env`, unsafe],
    ['a backslash', `${V1}/attributes\\kube-env`, unsafe],
    ['an encoded backslash', `${V1}/attributes%5Ckube-env`, unsafe],
    ['dot segments with backslashes', `${V1}/x/..\\attributes\\kube-env`, unsafe],
    ['a path parameter', `${KUBE_ENV};x=y`, unsafe],
    ['an encoded path parameter', `${KUBE_ENV}%3Bx`, unsafe],
    ['a path parameter on dots', `${V1}/attributes/x/..;/kube-env`, unsafe],
    ['an encoded question mark', `${V1}/%3Frecursive=true`, unsafe],
    ['an encoded fragment', `${KUBE_ENV}%23x`, unsafe],
    ['a fragment', `${KUBE_ENV}#x`, unsafe],
    ['a fragment before the query', `${V1}/#?recursive=true`, unsafe],
    ['an encoded NUL', `${KUBE_ENV}%00`, unsafe],
    ['an encoded line break', `${KUBE_ENV}%0a`, unsafe],
    ['an encoded space', `${KUBE_ENV}%20`, unsafe],
    ['a raw tab', `${KUBE_ENV}\t`, unsafe],
    ['a raw DEL', `${KUBE_ENV}\u007f`, unsafe],

    ['an absolute target', `http://metadata.google.internal${KUBE_ENV}`, concealed],
    ['an absolute target with a port', `HTTP://169.254.169.254:80${KUBE_ENV}?alt=text`, concealed],
    ['an absolute target of IPv6', `http://[fd00::1]:80${KUBE_ENV}`, concealed],
    ['a recursive absolute target', 'http://metadata/?recursive', recursive],
    ['a recursive absolute target without a path', 'http://metadata?recursive', recursive],
    ['a user in an absolute target', `http://user@metadata${V1}/id`, unsafe],
    ['a user and a password', `http://user:secret@metadata${V1}/id`, unsafe],
    ['a backslash in an authority', `http://metadata\\x${V1}/id`, unsafe],
    ['an encoded authority', `http://meta%64ata${V1}/id`, unsafe],
    ['no authority', `http://${KUBE_ENV}`, unsafe],
    ['an empty authority', 'http:///', unsafe],
    ['two ports', `http://metadata:80:80${V1}/id`, unsafe],
    ['a fragment after an authority', 'http://metadata#/', unsafe],
    ['another scheme', `ftp://metadata${V1}/id`, unsafe],
    ['an opaque target', `metadata:${KUBE_ENV}`, unsafe],
    ['an asterisk', '*', unsafe],
    ['an authority alone', 'metadata.google.internal:80', unsafe],
    ['a path that is not absolute', KUBE_ENV.slice(1), unsafe],
    ['a query alone', '?recursive', unsafe],
    ['a space in front', ` ${KUBE_ENV}`, unsafe],
  ])('are closed: %s', (_title, target, reason) => {
    expect(judge(target)).toEqual({ allowed: false, reason });
  });

  it.each([
    ['lower case', ['x-forwarded-for']],
    ['upper case', ['X-FORWARDED-FOR']],
    ['mixed case', ['x-FORWARDED-for']],
    ['twice', ['x-forwarded-for', 'X-Forwarded-For']],
    ['last of many', ['host', 'accept', 'x-Forwarded-For']],
    ['white space around it', ['X-Forwarded-For\t', 'host']],
  ])('are closed: X-Forwarded-For in %s', (_title, headerNames) => {
    expect(judge(`${V1}/id`, headerNames)).toEqual({ allowed: false, reason: REFUSALS.forwarded });
  });

  it('show no more than the beginning of a long key', () => {
    const judgement = judge(`/?${'k'.repeat(10_000)}`);
    expect(judgement).toEqual({ allowed: false, reason: unknownKey('k'.repeat(256)) });
  });
});

describe('what only looks like a way around', () => {
  it.each([
    ['a name that begins as a concealed one', `${V1}/attributes/kube-environment`],
    ['a name that begins as identity', `${ACCOUNT}/identityX`],
    ['an account of that name', `${V1}/service-accounts/identity/token`],
    ['headers that only resemble it', `${V1}/id`, ['X-Forwarded-Host', 'Forwarded', 'X-Forwarded-Force']],
    ['an encoded value', `${ACCOUNT}/token?scopes=https%3A%2F%2Fwww.example.com%2Fauth%2Fa%2Chttps:%2F%2Fb`],
    ['a space in a value', `${ACCOUNT}/token?scopes=a%20b+c`],
    ['the same key twice', `${V1}/id?alt=text&alt=json`],
    ['empty pairs', `${V1}/id?&&alt=text&;`],
    ['the key within a value', `${V1}/id?last_etag=recursive`],
    ['dots in a name', `${V1}/attributes/..name...`],
  ])('is let through as it is: %s', (_title, target, headerNames: readonly string[] = []) => {
    expect(judge(target, headerNames)).toMatchObject({ allowed: true, forward: target });
  });

  it.each([
    ['', '', '/'],
    ['http://metadata', '', '/'],
    ['http://metadata?alt=json', '', '/?alt=json'],
    ['HTTP://metadata:80/0.1', '/0.1', '/0.1'],
    ['http://metadata_proxy.:988/0.1', '/0.1', '/0.1'],
    ['/0.1?', '/0.1', '/0.1'],
    ['//0.1//meta-data//x/..//', '/0.1/meta-data/', '/0.1/meta-data/'],
    ['/0.1/meta-data/.', '/0.1/meta-data', '/0.1/meta-data'],
    ['/x/../', '/', '/'],
    ['/%30%2e1', '/0.1', '/0.1'],
    [`http://metadata${V1}/id@other${KUBE_ENV}`, `${V1}/id@other${KUBE_ENV}`, `${V1}/id@other${KUBE_ENV}`],
    [
      `${V1}/service-accounts/a%40b/token?alt=%6Ason`,
      `${V1}/service-accounts/a@b/token`,
      `${V1}/service-accounts/a@b/token?alt=%6Ason`,
    ],
  ])('is sent on in one form only: %s', (target, path, forward) => {
    expect(judge(target)).toMatchObject({ allowed: true, path, forward });
  });

  it('is told from a key of the same name with a value that says no', () => {
    expect(judge(`${ACCOUNT}/?recursive=false&wait_for_change=false`)).toMatchObject({
      recursive: true,
      waitForChange: true,
    });
    expect(judge(`${ACCOUNT}/?alt=wait_for_change`)).toMatchObject({ recursive: false, waitForChange: false });
  });
});
