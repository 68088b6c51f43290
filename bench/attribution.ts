// How much of what a proxy counted its connections explain: the embedded proxy beside a real sing-box, by sampling pace.
//   npm run bench:attribution
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ResultDocument } from '../src/evidence/result-document.ts';
import { SHIPPED_CONFIG_DIR } from '../test/support/config-dir.ts';
import { provideSingBox, startSingBox } from '../test/support/sing-box.ts';
import { type OutsideProxy, startStack, TASK_QUEUE } from '../test/support/stack.ts';
import { readArguments } from './read-arguments.ts';

/** The least share that a passed quickstart shows. */
const LEAST_SHARE = 0.99;
const PACES_MS = [100, 250, 1000] as const;

readArguments({ bench: import.meta.url, options: {} });

const text = await readFile(join(SHIPPED_CONFIG_DIR, 'platform-infra', 'egress-proxy-benchmarks.yaml'), 'utf8');
const { profiles } = parse(text) as { readonly profiles: Readonly<Record<string, object>> };
const paced = PACES_MS.map(
  (intervalMs) =>
    [['profiles', `paced-${intervalMs}`], { ...profiles['host-deps'], sampling: { intervalMs } }] as const,
);

/** host-deps once for each pace, with its real downloads. */
async function measure({ name, outside }: { readonly name: string; readonly outside?: OutsideProxy }): Promise<void> {
  const stack = await startStack({ profiles: paced }, outside);
  try {
    for (const intervalMs of PACES_MS) {
      const before = await stack.proxyTotalBytes();
      const runId = `bench-${name}-${intervalMs}`;
      const handle = await stack.client.workflow.start('benchmarkTarget', {
        taskQueue: TASK_QUEUE,
        workflowId: runId,
        args: [{ target: 'local', profile: `paced-${intervalMs}`, runId }],
      });
      const { verdict, evidence } = (await handle.result()) as ResultDocument;
      const atProxy = (await stack.proxyTotalBytes()) - before;
      const columns = [
        name.padEnd(8),
        String(intervalMs).padStart(7),
        verdict.outcome.padEnd(7),
        String(atProxy).padStart(12),
        (evidence.totalBytes / atProxy).toFixed(5).padStart(13),
        (evidence.attributedBytes / atProxy).toFixed(5).padStart(19),
        (evidence.attributedBytes / atProxy / LEAST_SHARE).toFixed(3).padStart(8),
      ];
      process.stdout.write(`${columns.join('  ')}\n`);
    }
  } finally {
    await stack.stop();
  }
}

process.stdout.write('proxy     pace ms  verdict  proxy bytes  counted/proxy  attributed/proxy     of 0.99\n');
await measure({ name: 'embedded' });
const binary = await provideSingBox({ env: process.env, onProgress: (line) => process.stderr.write(`${line}\n`) });
const secret = 'bench';
const singBox = await startSingBox({ binary, secret });
try {
  await measure({ name: 'sing-box', outside: { ...singBox, secret } });
} finally {
  await singBox.close();
}
