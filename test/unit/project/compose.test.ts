import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { POSTGRES_IMAGE_TAG, TEMPORAL_SERVER_VERSION, TEMPORAL_UI_VERSION } from '../../../src/temporal/versions.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
  readonly volumes?: readonly string[];
}

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('docker-compose.temporal.yml', root), 'utf8');
const compose = parse(text) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);

test('compose runs the very versions that the program pins', () => {
  expect(
    Object.fromEntries(services.flatMap(([name, { image }]) => (image === undefined ? [] : [[name, image]]))),
  ).toEqual({
    postgresql: `postgres:${POSTGRES_IMAGE_TAG}`,
    temporal: `temporalio/auto-setup:${TEMPORAL_SERVER_VERSION}`,
    'temporal-ui': `temporalio/ui:${TEMPORAL_UI_VERSION}`,
  });
});

test('every published port is on loopback only', () => {
  const ports = services.flatMap(([, { ports: published = [] }]) => published);
  expect(ports).toHaveLength(2);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

test('whoever waits for a healthy service waits for one that says when it is', () => {
  const awaited = services.flatMap(([, { depends_on = {} }]) =>
    Object.entries(depends_on).map(([name, { condition }]) => ({ name, condition })),
  );
  expect(awaited.map(({ condition }) => condition)).toEqual(awaited.map(() => 'service_healthy'));
  expect(awaited.filter(({ name }) => compose.services[name]?.healthcheck === undefined)).toEqual([]);
});

test('every named volume is declared, and every password comes from the environment', () => {
  const named = services.flatMap(([, { volumes = [] }]) =>
    volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => !source.startsWith('.')),
  );
  expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
  const passwords = text.split('\n').filter((line) => /^\s+\w*(PASSWORD|PWD|SECRET)\w*:/.test(line));
  expect(passwords).toHaveLength(2);
  expect(passwords.filter((line) => !line.includes('${TEMPORAL_DB_PASSWORD:-'))).toEqual([]);
});
