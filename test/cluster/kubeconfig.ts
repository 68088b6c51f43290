// A kubeconfig for one user of the test cluster, as a file.
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

/** Writes it with mode 0600; keys and CA are inside, so that the file can be copied. Context, cluster and user are named `name`. */
export function writeKubeconfig(input: {
  readonly file: string;
  readonly name: string;
  readonly server: string;
  readonly authority: KeyPair;
  readonly client: KeyPair;
  readonly namespace?: string;
}): void {
  const { name } = input;
  const namespace = input.namespace === undefined ? {} : { namespace: input.namespace };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name, ...namespace } }],
    clusters: [
      {
        name,
        cluster: { server: input.server, 'certificate-authority-data': base64Of(input.authority.certificateFile) },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64Of(input.client.certificateFile),
          'client-key-data': base64Of(input.client.keyFile),
        },
      },
    ],
  };
  writeFileSync(input.file, stringify(config), { mode: 0o600 });
}

function base64Of(file: string): string {
  return readFileSync(file).toString('base64');
}
