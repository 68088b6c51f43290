// Puts a built image straight into containerd, without a pull.
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.ts';
import type { BuiltImage } from './image.ts';

/** `ctr` is the argv that reaches containerd; the image gets its own full name there. */
export async function importImage(input: {
  readonly image: BuiltImage;
  readonly cache: string;
  readonly ctr: readonly string[];
}): Promise<void> {
  const { image, cache, ctr } = input;
  mkdirSync(join(cache, 'workshop'), { recursive: true });
  const layout = mkdtempSync(join(cache, 'workshop', 'import-'));
  try {
    const blobs = join(layout, 'blobs', 'sha256');
    mkdirSync(blobs, { recursive: true });
    for (const { digest, file } of image.blobs) linkSync(file, join(blobs, digest.replace('sha256:', '')));
    writeFileSync(join(blobs, image.manifestDigest.replace('sha256:', '')), image.manifest);
    writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const entry = {
      mediaType: image.manifestType,
      digest: image.manifestDigest,
      size: Buffer.byteLength(image.manifest),
      annotations: { 'io.containerd.image.name': image.name },
    };
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    const archive = join(layout, 'image.tar');
    await run(['tar', '-C', layout, '-cf', archive, 'oci-layout', 'index.json', 'blobs']);
    await run([...ctr, 'images', 'import', archive], { timeoutMs: 120_000 });
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}
