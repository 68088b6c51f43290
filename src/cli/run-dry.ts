// `run --dry-run`: everything that would be done, and nothing done.
import { unsupportedReach } from '../plan/unsupported-reach.ts';
import { dryRunDocument, remoteImages } from '../profiles/dry-run.ts';
import { renderDryRun } from '../reports/dry-run-text.ts';
import type { Console } from './console.ts';
import { type OutputFormat, emit } from './emit.ts';
import { renderRequest } from './render-request.ts';
import type { BenchmarkRequest } from './run-command.ts';

export async function dryRun(input: {
  readonly console: Console;
  readonly configDir: string;
  readonly output: OutputFormat;
  readonly request: BenchmarkRequest;
}): Promise<void> {
  const { console, configDir, output, request } = input;
  const rendered = await renderRequest({ configDir, request, toRun: false });
  const plans = rendered.map(dryRunDocument);
  const images = remoteImages(rendered);
  const notYet = rendered
    .filter(({ target }) => unsupportedReach(target.connection) !== null)
    .map(({ target }) => target.name);
  emit({
    console,
    format: output,
    document: { version: 1, kind: 'dry-run', images, plans },
    text: () => renderDryRun({ plans, images, notYet, paint: console.paint, width: console.width() }),
  });
}
