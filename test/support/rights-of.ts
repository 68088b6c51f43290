// What one user may do, asked of the API server for every verb of every resource that it has.
import type { KubeClient } from '../../src/cluster/kubeconfig/kube-client.ts';

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

interface GroupList {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

const AT_ONCE = 16;

/** `verb resource` or `verb resource.group`, with subresources, sorted; as the user's rights are in that namespace. */
export async function rightsOf(input: {
  readonly client: KubeClient;
  readonly user: string;
  readonly namespace: string;
}): Promise<readonly string[]> {
  const questions = await allQuestions(input.client);
  const rights: string[] = [];
  const ask = async (): Promise<void> => {
    for (let question = questions.pop(); question !== undefined; question = questions.pop()) {
      if (await isAllowed({ ...input, ...question })) {
        const { verb, resource, group } = question;
        rights.push(`${verb} ${group === '' ? resource : `${resource}.${group}`}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return rights.toSorted();
}

export interface Question {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
}

async function allQuestions(client: KubeClient): Promise<Question[]> {
  const { body: groups } = await client.json<GroupList>({ path: '/apis', what: 'list API groups' });
  const paths = ['/api/v1', ...groups.groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const lists = await Promise.all(
    paths.map((path) => client.json<ResourceList>({ path, what: `list resources of ${path}` })),
  );
  return lists.flatMap(({ body }) => {
    const group = body.groupVersion.includes('/') ? (body.groupVersion.split('/')[0] ?? '') : '';
    return body.resources.flatMap(({ name, verbs }) => verbs.map((verb) => ({ verb, group, resource: name })));
  });
}

/** Whether the API server lets the user do it as of now. */
export async function isAllowed(
  input: Question & { readonly client: KubeClient; readonly user: string; readonly namespace: string },
): Promise<boolean> {
  const { client, user, namespace, verb, group } = input;
  const [resource = '', subresource = ''] = input.resource.split('/');
  // A token of a service account carries these groups; a review only knows what it is told.
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${user.split(':')[2] ?? ''}`,
    'system:authenticated',
  ];
  const resourceAttributes = { namespace, verb, group, resource, subresource };
  const { body } = await client.json<{ readonly status: { readonly allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, groups, resourceAttributes },
    },
    what: `ask whether ${user} may ${verb} ${input.resource}`,
  });
  return body.status.allowed;
}
