import { describe, expect, it } from 'vitest';
import { readMetricsPage, readSample } from '../../../../src/cluster/companions/prometheus-text.ts';

describe('a line of a page', () => {
  it.each([
    ['up 1', { name: 'up', labels: {}, value: 1 }],
    [
      'requests_total{verb="GET",code="200"} 12',
      { name: 'requests_total', labels: { verb: 'GET', code: '200' }, value: 12 },
    ],
    ['seconds_sum 1.5e-3 1795282135000', { name: 'seconds_sum', labels: {}, value: 0.0015, atMs: 1_795_282_135_000 }],
    ['odd{path="a\\"b\\\\c\\nd}",}  2', { name: 'odd', labels: { path: 'a"b\\c\nd}' }, value: 2 }],
    ['gap{le="+Inf"} 3', { name: 'gap', labels: { le: '+Inf' }, value: 3 }],
  ])('%s is a sample', (line, sample) => {
    expect(readSample(line)).toEqual(sample);
  });

  it.each(['', '# TYPE up gauge', 'up', 'up NaN', 'up +Inf', '<html>', '9lives 1', 'up one'])('%j is none', (line) => {
    expect(readSample(line)).toBeNull();
  });
});

describe('a page', () => {
  it('becomes values by name and labels, as they stand there', () => {
    const page = '# HELP a\n# TYPE a counter\na{x="1"} 5\na{x="2",y="z"} 6\n\nb 7\n';
    expect(readMetricsPage(page)).toEqual({ 'a{x="1"}': 5, 'a{x="2",y="z"}': 6, b: 7 });
  });

  it('is read no further than 512 samples', () => {
    const page = Array.from({ length: 600 }, (_, index) => `n${index} ${index}`).join('\n');
    expect(Object.keys(readMetricsPage(page))).toHaveLength(512);
  });
});
