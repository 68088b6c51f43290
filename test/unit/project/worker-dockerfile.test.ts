import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { visibleFiles } from '../../cluster/worker-image/build-context.ts';
import { parseDockerfile } from '../../cluster/worker-image/dockerfile.ts';
import { PROJECT, WORKER_DOCKERFILE } from '../../cluster/worker-image/worker-image.ts';

const stages = parseDockerfile(readFileSync(WORKER_DOCKERFILE, 'utf8'));
const last = stages.at(-1)?.instructions ?? [];
const manifest = JSON.parse(readFileSync(`${PROJECT}package.json`, 'utf8')) as {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};

test('both stages begin with the Node that the project itself runs on, on glibc', () => {
  const image = `node:${manifest.devDependencies['node'] ?? ''}-bookworm-slim`;
  expect(stages.map(({ base }) => base)).toEqual([image, image]);
});

test('what is copied into the image is all that a build may see, and nothing a build may not see is asked for', () => {
  const visible = visibleFiles(PROJECT);
  const copied = stages.flatMap(({ instructions }) =>
    instructions.flatMap((each) => (each.kind === 'copy' && each.from === undefined ? each.sources : [])),
  );
  const isBelow = (file: string, source: string): boolean => file === source || file.startsWith(`${source}/`);
  expect(visible.filter((file) => !copied.some((source) => isBelow(file, source)))).toEqual([]);
  expect(copied.filter((source) => !visible.some((file) => isBelow(file, source)))).toEqual([]);
  expect(visible.filter((file) => /^(test|docs|deploy|\.git|\.proxybench|node_modules)\//.test(file))).toEqual([]);
});

test('the image runs as a user without rights, known by number, without a shell in between, and asks for no port', () => {
  expect(last.findLast(({ kind }) => kind === 'user')).toEqual({ kind: 'user', value: '1000:1000' });
  expect(last.findLast(({ kind }) => kind === 'entrypoint')).toMatchObject({ argv: ['node', 'scripts/cli.ts'] });
  expect(last.findLast(({ kind }) => kind === 'command')).toMatchObject({ argv: ['worker'] });
  expect(readFileSync(WORKER_DOCKERFILE, 'utf8')).not.toMatch(/^(EXPOSE|ADD|HEALTHCHECK) /m);
});

test('the image says the version of the package', () => {
  const name = 'org.opencontainers.image.version';
  expect(last.find((each) => 'name' in each && each.name === name)).toMatchObject({ value: manifest.version });
});

test('docker compose builds the worker from this very file', () => {
  const compose = parse(readFileSync(`${PROJECT}docker-compose.temporal.yml`, 'utf8')) as {
    readonly services: { readonly worker: { readonly build: { readonly dockerfile: string } } };
  };
  expect(`${PROJECT}${compose.services.worker.build.dockerfile}`).toBe(WORKER_DOCKERFILE);
});

test('an instruction that is not known, or not whole, is an error and not passed over', () => {
  expect(() => parseDockerfile('FROM a\nEXPOSE 80')).toThrow('not understood at: EXPOSE 80');
  expect(() => parseDockerfile('FROM a\nCOPY --link b c')).toThrow('not understood at: COPY --link b c');
  expect(() => parseDockerfile('FROM ${MISSING}')).toThrow('not understood at: ${MISSING}');
  expect(() => parseDockerfile('RUN first')).toThrow('not understood at: RUN first');
});
