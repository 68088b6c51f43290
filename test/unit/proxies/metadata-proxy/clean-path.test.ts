import { describe, expect, it } from 'vitest';
import { cleanPath } from '../../../../src/proxies/metadata-proxy/clean-path.ts';
import { decodeOnce } from '../../../../src/proxies/metadata-proxy/decode-once.ts';

describe('a path', () => {
  it.each([
    ['', ''],
    ['/', '/'],
    ['///', '/'],
    ['/a/b/', '/a/b/'],
    ['/a//b///', '/a/b/'],
    ['/a/./b/.', '/a/b'],
    ['/a/b/..', '/a'],
    ['/a/b/../', '/a/'],
    ['/..', '/'],
    ['/../../a', '/a'],
    ['/a/...', '/a/...'],
    ['/.a/..b', '/.a/..b'],
    ['/%61', '/a'],
    ['/%7E%7e', '/~~'],
  ])('is cleaned: %j', (raw, clean) => {
    expect(cleanPath(raw)).toBe(clean);
  });

  it('is refused unless it is made of what every server reads alike', () => {
    const read = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => cleanPath(`/${character}x`) !== null,
    );
    expect(read.join('')).toBe("!$&'()*+,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
  });

  it('may have any of those encoded but the slash', () => {
    const read = Array.from({ length: 256 }, (_, code) => code).filter(
      (code) => cleanPath(`/%${code.toString(16).padStart(2, '0')}x`) !== null,
    );
    expect(String.fromCharCode(...read)).toBe(
      "!$&'()*+,-.0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~",
    );
  });
});

describe('an escape', () => {
  it('stands for every printable character of ASCII but the percent sign', () => {
    for (let code = 0; code < 256; code += 1) {
      const hex = code.toString(16).padStart(2, '0');
      const printable = code >= 0x20 && code < 0x7f && code !== 0x25;
      const decoded = printable ? `a${String.fromCharCode(code)}b` : null;
      expect([decodeOnce(`a%${hex}b`), decodeOnce(`a%${hex.toUpperCase()}b`)]).toEqual([decoded, decoded]);
    }
  });

  it.each(['%', '%4', 'a%4', '%4g', '%g4', '%+1', '% 1', '%%41', '%u0041', '%4\u0131', '%-1', '%0x'])(
    'is refused where it is none: %s',
    (text) => {
      expect(decodeOnce(text)).toBeNull();
    },
  );
});
