// Holds the Job's Pod to fresh pulls, real images and empty volumes.
import type { Problem } from '../../errors/errors.ts';
import { commandFaults, textFaults } from './command-rule.ts';
import { stageCommandOf } from '../enter-stage.ts';
import { imageFault } from './image-rule.ts';
import { NO_PROXY_VARIABLES, PROXY_VARIABLES } from './stage-environment.ts';

type Fields = Readonly<Record<string, unknown>>;

const NOT_CHECKED_HERE: ReadonlySet<unknown> = new Set([...PROXY_VARIABLES, ...NO_PROXY_VARIABLES, 'GIT_REMOTE']);

/** The faults of a Job's Pod. `at` is the place of the Job's spec. */
export function podFaults(input: { readonly spec: unknown; readonly at: string }): readonly Problem[] {
  const pod = fieldsOf(fieldsOf(fieldsOf(input.spec)['template'])['spec']);
  const at = `${input.at}.template.spec`;
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((group) =>
    listOf(pod[group]).map((container, index) => ({ container, at: `${at}.${group}[${index}]` })),
  );
  return [
    ...containers.flatMap(containerFaults),
    ...listOf(pod['volumes']).flatMap((volume, index) => volumeFaults({ volume, at: `${at}.volumes[${index}]` })),
  ];
}

function containerFaults(input: { readonly container: Fields; readonly at: string }): readonly Problem[] {
  const { container, at } = input;
  const problems: Problem[] = [];
  if (container['imagePullPolicy'] !== 'Always') {
    problems.push({
      path: `${at}.imagePullPolicy`,
      value: container['imagePullPolicy'],
      message: 'is not Always',
      hint: 'Every image is asked for anew in each run',
    });
  }
  const stage = String(container['name']);
  const image = String(container['image']);
  const fault = imageFault({ stage, image });
  if (fault !== null) problems.push({ ...fault, path: `${at}.image`, value: image });
  for (const field of ['command', 'args']) {
    const words = Array.isArray(container[field]) ? container[field].map(String) : [];
    problems.push(...commandFaults(stageCommandOf(words)).map((found) => ({ ...found, path: `${at}.${field}` })));
  }
  for (const variable of listOf(container['env'])) {
    if (NOT_CHECKED_HERE.has(variable['name'])) continue;
    const text = `${String(variable['name'])}=${String(variable['value'] ?? '')}`;
    problems.push(...textFaults(text).map((found) => ({ ...found, path: `${at}.env.${String(variable['name'])}` })));
  }
  return problems;
}

const EMPTY_VOLUMES: ReadonlySet<string> = new Set(['name', 'emptyDir', 'configMap']);

function volumeFaults(input: { readonly volume: Fields; readonly at: string }): readonly Problem[] {
  const kept = Object.keys(input.volume).filter((key) => !EMPTY_VOLUMES.has(key));
  return kept.map((key) => ({
    path: `${input.at}.${key}`,
    message: 'could bring a cache from an earlier run',
    hint: 'Use emptyDir: each stage starts empty',
  }));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
