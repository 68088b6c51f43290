// One layer of an image: a directory packed once and kept by what it was made from.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** How to make a layer. */
export interface LayerRecipe {
  /** For progress lines and the image's history: `Debian bookworm with git`. */
  readonly description: string;
  /** Everything its content follows from; another key is another layer. */
  readonly key: string;
  /** Lays the files into the empty directory, owners and modes as they shall be in the image. */
  fill(directory: string): Promise<void>;
}

/** A packed layer in the cache. */
export interface Layer {
  readonly description: string;
  /** `sha256:…` of the gzipped archive. */
  readonly digest: string;
  /** `sha256:…` of the archive itself. */
  readonly diffId: string;
  readonly size: number;
}

/** Where a blob of that digest is kept. */
export function blobFile(input: { readonly cache: string; readonly digest: string }): string {
  return join(input.cache, 'blobs', input.digest.replace(':', '-'));
}

/** Finds the layer in the cache or makes it. */
export async function provideLayer(input: { readonly cache: string; readonly recipe: LayerRecipe }): Promise<Layer> {
  const { cache, recipe } = input;
  const index = join(cache, 'layers', `${createHash('sha256').update(recipe.key).digest('hex').slice(0, 24)}.json`);
  if (existsSync(index)) {
    const known = JSON.parse(readFileSync(index, 'utf8')) as Layer;
    if (existsSync(blobFile({ cache, digest: known.digest }))) return { ...known, description: recipe.description };
  }
  for (const name of ['layers', 'blobs', 'workshop']) mkdirSync(join(cache, name), { recursive: true });
  const workshop = mkdtempSync(join(cache, 'workshop', 'layer-'));
  try {
    const directory = join(workshop, 'root');
    mkdirSync(directory, { mode: 0o755 });
    await recipe.fill(directory);
    const packed = await pack({ directory, file: join(workshop, 'layer.tar.gz') });
    renameSync(join(workshop, 'layer.tar.gz'), blobFile({ cache, digest: packed.digest }));
    const layer: Layer = { description: recipe.description, ...packed };
    writeFileSync(`${index}.new`, JSON.stringify(layer));
    renameSync(`${index}.new`, index);
    return layer;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/** Archives the directory so that equal files give equal bytes. */
async function pack(input: { readonly directory: string; readonly file: string }): Promise<Omit<Layer, 'description'>> {
  const same = [
    '--sort=name',
    '--mtime=@0',
    '--numeric-owner',
    '--format=posix',
    '--pax-option=delete=atime,delete=ctime',
  ];
  const tar = spawn('tar', ['-C', input.directory, ...same, '-cf', '-', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(tar, 'close');
  const plain = new Digester();
  const packed = new Digester();
  await pipeline(tar.stdout, plain, createGzip({ level: 6 }), packed, createWriteStream(input.file));
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`tar of ${input.directory} ended with ${code ?? 'a signal'}`);
  return { digest: packed.digest(), diffId: plain.digest(), size: packed.size };
}

/** Passes bytes on, and knows their number and their digest afterwards. */
class Digester extends Transform {
  size = 0;
  readonly #hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
