// Which judge a profile kind has; apart from the registry, whose schemas a workflow cannot carry. Types hold both alike.
import { InvalidInputError } from '../errors/errors.ts';
import type { Judge } from '../evidence/verdict.ts';
import { judgeMetadataProxy } from './metadata-proxy/judge.ts';
import { judgeRealDeps } from './real-deps/judge.ts';
import type { ProfileConfig } from './registry.ts';

const JUDGES: Readonly<Record<ProfileConfig['kind'], Judge>> = {
  'k3s-real-deps': judgeRealDeps,
  'metadata-proxy': judgeMetadataProxy,
};

/** The judge of a profile kind. @throws InvalidInputError for a kind that has none */
export function judgeFor(input: { readonly kind: string }): Judge {
  const judge = Object.entries(JUDGES).find(([known]) => known === input.kind)?.[1];
  if (judge !== undefined) return judge;
  throw new InvalidInputError([
    {
      path: 'plan.kind',
      value: input.kind,
      message: 'no judge is known for this kind of profile',
      hint: `Use one of ${Object.keys(JUDGES).join(', ')}.`,
    },
  ]);
}
