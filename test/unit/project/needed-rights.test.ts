import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import { NEEDED_ROLES, type NeededRight } from '../../../src/cluster/kubernetes/needed-rights.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
interface RoleObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly Rule[];
}

const inDeploy = NEEDED_ROLES.flatMap((role) => (role.file === null ? [] : [{ ...role, file: role.file }]));

test.each(inDeploy)('$file grants $name exactly the rights that doctor asks for', ({ name, file, where, rights }) => {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as RoleObject);
  const role = documents.find(({ kind }) => kind === (where === 'cluster' ? 'ClusterRole' : 'Role'));
  expect(role?.metadata.name).toBe(name);
  const granted = (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource} ${group}`))),
  );
  expect(granted.toSorted()).toEqual(rights.flatMap(written).toSorted());
});

function written({ group, resource, subresource, verbs }: NeededRight): readonly string[] {
  const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
  return verbs.map((verb) => `${verb} ${whole} ${group}`);
}
