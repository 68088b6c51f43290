// The rules of a proxy that was told none: a metadata server's public API without the node's own secrets.
import type { FilterRules } from './filter-rules.ts';

/** Where each version of the API keeps what it says of the instance. */
const INSTANCE_BASES = ['/0.1/meta-data', '/computeMetadata/v1beta1/instance', '/computeMetadata/v1/instance'];

export const DEFAULT_RULES: FilterRules = {
  queryKeys: [
    'recursive',
    'alt',
    'wait_for_change',
    'timeout_sec',
    'last_etag',
    // Tokens, as old clients ask for them.
    'service_account',
    'scope',
    'scopes',
    // Identity: concealed below, but its keys are known, so that it is refused for what it is.
    'audience',
    'licenses',
    'format',
  ],
  recursive: INSTANCE_BASES.map((base) => `${base}/service-accounts/*/`),
  concealed: [
    ...INSTANCE_BASES.map((base) => `${base}/attributes/kube-env/**`),
    ...INSTANCE_BASES.map((base) => `${base}/service-accounts/*/**/identity/**`),
  ],
  discovery: [
    '',
    '/',
    '/0.1',
    '/0.1/',
    '/0.1/meta-data',
    '/computeMetadata',
    '/computeMetadata/',
    '/computeMetadata/v1beta1',
    '/computeMetadata/v1',
  ],
  prefixes: ['/0.1/meta-data/', '/computeMetadata/v1beta1/', '/computeMetadata/v1/'],
};
