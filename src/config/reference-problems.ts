// Finds what the files' schemas cannot see: names that lead nowhere, and settings that contradict each other.
import type { Problem } from '../errors/errors.ts';
import { findProfileKind } from '../profiles/registry.ts';
import { suggestion } from './did-you-mean.ts';
import type { ValuePath, YamlFile } from './read-yaml-file.ts';
import { shownPath, shownValueAt } from './shown-path.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Problems between targets and proxy services; takes data of any shape, and is silent about what the schema tells. */
export function targetReferenceProblems(yaml: YamlFile): readonly Problem[] {
  const root = fieldsOf(yaml.data);
  const services = fieldsOf(root['proxyServices']);
  const told = teller(yaml);
  const problems: Problem[] = emptySections({ yaml, sections: ['targets', 'proxyServices'] });
  for (const [name, target] of Object.entries(fieldsOf(root['targets']))) {
    const service = fieldsOf(target)['proxyService'];
    if (typeof service === 'string' && !Object.hasOwn(services, service)) {
      problems.push(
        told(
          ['targets', name, 'proxyService'],
          'names no proxy service',
          suggestion({ word: service, known: Object.keys(services) }),
        ),
      );
    }
  }
  for (const [name, target] of Object.entries(fieldsOf(root['targets'])))
    problems.push(...addressProblems({ told, name, target: fieldsOf(target) }));
  for (const [name, raw] of Object.entries(services))
    problems.push(...serviceProblems({ told, name, service: fieldsOf(raw) }));
  return problems;
}

/** Problems within profiles that their kinds know of. */
export function profileRuleProblems(yaml: YamlFile): readonly Problem[] {
  const profiles = fieldsOf(fieldsOf(yaml.data)['profiles']);
  const found = Object.entries(profiles).flatMap(([name, raw]) => {
    const kind = findProfileKind(fieldsOf(raw)['kind']);
    return (kind?.checkSettings(raw) ?? []).map((fault): Problem => {
      const path = ['profiles', name, ...fault.path];
      const value = fault.value === undefined ? {} : { value: fault.value };
      return { file: yaml.whereIs(path), path: shownPath(path), ...value, message: fault.message, hint: fault.hint };
    });
  });
  return [...emptySections({ yaml, sections: ['profiles'] }), ...found];
}

type Tell = (path: ValuePath, message: string, hint: string) => Problem;

/** What looks like an address and is none: `1:2:3`. The schema tells of what does not even look like one. */
function addressProblems(input: {
  readonly told: Tell;
  readonly name: string;
  readonly target: Fields;
}): readonly Problem[] {
  const { nodeAddresses } = input.target;
  if (!Array.isArray(nodeAddresses)) return [];
  return nodeAddresses.flatMap((address: unknown, index) =>
    typeof address !== 'string' ||
    !/^[0-9A-Fa-f:.]+$/.test(address) ||
    !address.includes(':') ||
    URL.canParse(`http://[${address}]/`)
      ? []
      : [
          input.told(
            ['targets', input.name, 'nodeAddresses', index],
            'is no IP address',
            'Give one IPv4 or IPv6 address, as 10.244.0.1; no network, no port',
          ),
        ],
  );
}

function serviceProblems(input: {
  readonly told: Tell;
  readonly name: string;
  readonly service: Fields;
}): readonly Problem[] {
  const { told, name, service } = input;
  const { namespace, port, httpUrl } = service;
  const at = ['proxyServices', name];
  const problems: Problem[] = [];
  if (httpUrl !== undefined && (namespace !== undefined || port !== undefined)) {
    problems.push(
      told([...at, 'httpUrl'], 'contradicts namespace and port', 'Give httpUrl alone, or namespace and port'),
    );
  } else if (httpUrl === undefined && (namespace === undefined || port === undefined)) {
    problems.push(told([...at, 'httpUrl'], 'is missing', 'Give httpUrl, or both namespace and port'));
  }
  for (const key of ['httpUrl', 'controlUrl']) {
    const url = service[key];
    const badPort = typeof url === 'string' ? /:(\d{1,5})\/?$/.exec(url)?.[1] : undefined;
    if (badPort !== undefined && (Number(badPort) < 1 || Number(badPort) > 65_535)) {
      problems.push(told([...at, key], 'names no TCP port', 'Use a port from 1 to 65535'));
    }
  }
  return problems;
}

function emptySections(input: { readonly yaml: YamlFile; readonly sections: readonly string[] }): Problem[] {
  const root = fieldsOf(input.yaml.data);
  return input.sections
    .filter((section) => isMapping(root[section]) && Object.keys(fieldsOf(root[section])).length === 0)
    .map((section) => teller(input.yaml)([section], 'is empty', `Give at least one entry under ${section}`));
}

function teller(yaml: YamlFile): Tell {
  return (path, message, hint) => ({
    file: yaml.whereIs(path),
    path: shownPath(path),
    ...shownValueAt({ data: yaml.data, path }),
    message,
    hint,
  });
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isMapping(value) ? { ...value } : {};
}
