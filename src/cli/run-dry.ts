// `run --dry-run`: everything that would be done, and nothing done.
import { dryRunDocument, remoteImages } from '../profiles/dry-run.ts';
import { renderDryRun } from '../reports/dry-run-text.ts';
import type { Console } from './console.ts';
import { type OutputFormat, emit } from './emit.ts';
import { type BenchmarkRequest, renderRequest } from './render-request.ts';

export async function dryRun(input: {
  readonly console: Console;
  readonly configDir: string;
  readonly output: OutputFormat;
  readonly request: BenchmarkRequest;
}): Promise<void> {
  const { console, configDir, output, request } = input;
  const rendered = await renderRequest({ configDir, request });
  const plans = rendered.map(dryRunDocument);
  const images = remoteImages(rendered);
  emit({
    console,
    format: output,
    document: { version: 1, kind: 'dry-run', images, plans },
    text: () => renderDryRun({ plans, images, paint: console.paint, width: console.width() }),
  });
}
