// Which judge a profile kind has; written out, so that workflows can import it and a missing one is seen at once.
import { InvalidInputError } from '../errors/errors.ts';
import type { Judge } from '../evidence/evidence.ts';
import { judgeRealDeps } from './real-deps/judge.ts';

const JUDGES: ReadonlyMap<string, Judge> = new Map([['k3s-real-deps', judgeRealDeps]]);

/** The judge of a profile kind. @throws InvalidInputError for a kind that has none */
export function judgeFor(input: { readonly kind: string }): Judge {
  const judge = JUDGES.get(input.kind);
  if (judge !== undefined) return judge;
  throw new InvalidInputError([
    {
      path: 'plan.kind',
      value: input.kind,
      message: 'no judge is known for this kind of profile',
      hint: `Use one of ${[...JUDGES.keys()].join(', ')}.`,
    },
  ]);
}
