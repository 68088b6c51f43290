import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildImage } from '../../cluster/images/image.ts';
import type { LayerRecipe } from '../../cluster/images/layer.ts';
import { run } from '../../cluster/run.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function layerOf(content: string, onFill: () => void = () => undefined): LayerRecipe {
  return {
    description: `says ${content}`,
    key: content,
    fill: async (directory) => {
      onFill();
      mkdirSync(join(directory, 'etc'));
      writeFileSync(join(directory, 'etc', 'said'), content);
    },
  };
}

it('gives equal recipes equal digests in two caches, and other recipes others', async () => {
  const recipe = (content: string) => ({ name: 'a/b:1', layers: [layerOf(content)], env: { A: '1' } });
  const [one, same, other] = await Promise.all(
    ['x', 'x', 'y'].map((content) => buildImage({ cache: temporaryDirectory('images'), recipe: recipe(content) })),
  );
  expect(same?.manifestDigest).toBe(one?.manifestDigest);
  expect(other?.manifestDigest).not.toBe(one?.manifestDigest);
});

it('makes a layer once, however many images have it', async () => {
  const cache = temporaryDirectory('images');
  let filled = 0;
  const layers = [layerOf('x', () => (filled += 1))];
  await buildImage({ cache, recipe: { name: 'a/b:1', layers } });
  await buildImage({ cache, recipe: { name: 'a/c:1', layers } });
  expect(filled).toBe(1);
});

it("puts the base's layers first and lets the image's own settings win", async () => {
  const cache = temporaryDirectory('images');
  const settings = { env: { A: 'base', B: 'base' }, command: ['sh'], labels: { kept: 'yes' } };
  const base = await buildImage({ cache, recipe: { name: 'a/base:1', layers: [layerOf('x')], ...settings } });
  const image = await buildImage({
    cache,
    recipe: { name: 'a/own:1', base, layers: [layerOf('y')], env: { A: 'own' }, entrypoint: ['/bin/own'] },
  });
  expect(image.layers.map(({ description }) => description)).toEqual(['says x', 'says y']);
  const config = JSON.parse(readFileSync(image.blobs[0]?.file ?? '', 'utf8')) as { readonly config: unknown };
  expect(config.config).toEqual({
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=own', 'B=base'],
    Entrypoint: ['/bin/own'],
    Cmd: ['sh'],
    Labels: { kept: 'yes' },
  });
});

it('packs what was laid in', async () => {
  const { blobs } = await buildImage({
    cache: temporaryDirectory('images'),
    recipe: { name: 'a/b:1', layers: [layerOf('hello')] },
  });
  expect(await run(['tar', '-xzOf', blobs[1]?.file ?? '', './etc/said'])).toBe('hello');
});
