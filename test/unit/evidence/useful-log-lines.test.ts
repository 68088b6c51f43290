import { describe, expect, it } from 'vitest';
import { usefulLogLines } from '../../../src/evidence/useful-log-lines.ts';

describe('the useful lines of a log', () => {
  it('are the error lines of npm without its boilerplate', () => {
    const text = [
      'npm http fetch GET 200 https://registry.example/left-pad 12ms',
      'npm error code E404',
      'npm error 404 Not Found - GET https://registry.example/nope - Not found',
      'npm error',
      'npm error A complete log of this run can be found in: /x/_logs/2026-11-21T00_00_00_000Z-debug-0.log',
      '',
    ].join('\n');
    expect(usefulLogLines({ text })).toEqual([
      'npm error code E404',
      'npm error 404 Not Found - GET https://registry.example/nope - Not found',
    ]);
  });

  it('are the errors of go and git without what was being downloaded', () => {
    const text = [
      'go: downloading example.com/a v1.0.0',
      'go: example.com/nope@v1.0.0: reading proxy: 410 Gone',
      "Cloning into bare repository 'mirror'...",
      'remote: Counting objects:  45% (9/20)\rremote: Counting objects: 100% (20/20), done.',
      'Receiving objects:  12% (1/8)\rReceiving objects: 100% (8/8), done.',
      'fatal: unable to access: Could not resolve proxy',
    ].join('\n');
    expect(usefulLogLines({ text })).toEqual([
      'go: example.com/nope@v1.0.0: reading proxy: 410 Gone',
      "Cloning into bare repository 'mirror'...",
      'fatal: unable to access: Could not resolve proxy',
    ]);
  });

  it('are at most twelve, the last errors first, filled up with the last others, in their order', () => {
    const text = Array.from({ length: 40 }, (_, index) => (index % 10 === 0 ? `error ${index}` : `line ${index}`)).join(
      '\n',
    );
    const lines = usefulLogLines({ text });
    expect(lines).toHaveLength(12);
    expect(lines.slice(0, 5)).toEqual(['error 0', 'error 10', 'error 20', 'error 30', 'line 32']);
    const onlyErrors = Array.from({ length: 40 }, (_, index) => `error ${index}`).join('\n');
    expect(usefulLogLines({ text: onlyErrors })[0]).toBe('error 28');
  });

  it('do not count a word that merely begins with an e as an error code', () => {
    const text = ['example', 'elephants', ...Array.from({ length: 12 }, (_, index) => `plain ${index}`)].join('\n');
    expect(usefulLogLines({ text })[0]).toBe('plain 0');
  });

  it('hold no colours, no control characters and no more than 200 characters', () => {
    const text = `\u001b[31mfatal:\u001b[0m \u0007bad\u0000 \u001b]0;title\u0007thing\u202e\n${'x'.repeat(500)}é`;
    const [first, second] = usefulLogLines({ text });
    expect(first).toBe('fatal: bad thing');
    expect(second).toBe(`${'x'.repeat(199)}…`);
  });

  it('hold no credentials', () => {
    const text = 'error: https://bob:s3cret@host.example/x refused, proxy http://u:p@q@10.0.0.1:7890';
    expect(usefulLogLines({ text })).toEqual([
      'error: https://***@host.example/x refused, proxy http://***@10.0.0.1:7890',
    ]);
  });

  it('tell a repeated line once and nothing for a log that says nothing', () => {
    expect(usefulLogLines({ text: 'timeout\ntimeout\n' })).toEqual(['timeout']);
    expect(usefulLogLines({ text: '\n 45%\r 50%\n#####   12.3%\n' })).toEqual([]);
  });

  it('are found in a long line without spaces in little time', () => {
    expect(usefulLogLines({ text: 'a'.repeat(300_000) })).toHaveLength(1);
  });
});
