// Makes an OCI image of layers: a manifest and a configuration, both plain JSON.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { blobFile, provideLayer } from './layer.ts';
import type { Layer, LayerRecipe } from './layer.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** What an image is made of. */
export interface ImageRecipe {
  /** Repository and tag without a registry, `library/alpine:3.20`; with one for an image that is only imported. */
  readonly name: string;
  /** An image to build on: its layers come first, its settings hold where these say nothing. */
  readonly base?: BuiltImage;
  readonly layers: readonly LayerRecipe[];
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  /** `uid`, `uid:gid` or a name. */
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The settings of an image, merged with those of its base. */
type Settings = Pick<ImageRecipe, 'env' | 'entrypoint' | 'command' | 'workingDirectory' | 'user' | 'labels'>;

/** A built image, its blobs in the cache. */
export interface BuiltImage {
  readonly name: string;
  readonly settings: Settings;
  readonly layers: readonly Layer[];
  readonly manifest: string;
  readonly manifestType: string;
  readonly manifestDigest: string;
  /** Configuration and layers. */
  readonly blobs: readonly { readonly digest: string; readonly size: number; readonly file: string }[];
}

/** Builds it from cached layers, making those that are missing; the same recipe gives the same digest. */
export async function buildImage(input: { readonly cache: string; readonly recipe: ImageRecipe }): Promise<BuiltImage> {
  const { cache, recipe } = input;
  const layers: Layer[] = [...(recipe.base?.layers ?? [])];
  for (const layer of recipe.layers) layers.push(await provideLayer({ cache, recipe: layer }));
  const settings = mergeSettings({ base: recipe.base?.settings ?? {}, own: recipe });
  const config = JSON.stringify({
    architecture: goArchitecture(),
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: configOf(settings),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ description }) => ({ created: '1970-01-01T00:00:00Z', created_by: description })),
  });
  const configDigest = digestOf(config);
  writeFileSync(blobFile({ cache, digest: configDigest }), config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: configDigest,
      size: Buffer.byteLength(config),
    },
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    })),
  });
  const blobs = [{ digest: configDigest, size: Buffer.byteLength(config) }, ...layers];
  return {
    name: recipe.name,
    settings,
    layers,
    manifest,
    manifestType: MANIFEST_TYPE,
    manifestDigest: digestOf(manifest),
    blobs: blobs.map(({ digest, size }) => ({ digest, size, file: blobFile({ cache, digest }) })),
  };
}

/** This machine's architecture as Go and image configurations name it. */
export function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

function mergeSettings(input: { readonly base: Settings; readonly own: Settings }): Settings {
  const { base, own } = input;
  const one = <Key extends 'entrypoint' | 'command' | 'workingDirectory' | 'user'>(key: Key): Partial<Settings> => {
    const value = own[key] ?? base[key];
    return value === undefined ? {} : { [key]: value };
  };
  return {
    ...one('entrypoint'),
    ...one('command'),
    ...one('workingDirectory'),
    ...one('user'),
    env: { ...base.env, ...own.env },
    labels: { ...base.labels, ...own.labels },
  };
}

function configOf(settings: Settings): Readonly<Record<string, unknown>> {
  const { env = {}, entrypoint, command, workingDirectory, user, labels = {} } = settings;
  return {
    Env: Object.entries({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(command === undefined ? {} : { Cmd: command }),
    ...(workingDirectory === undefined ? {} : { WorkingDir: workingDirectory }),
    ...(user === undefined ? {} : { User: user }),
    Labels: labels,
  };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
