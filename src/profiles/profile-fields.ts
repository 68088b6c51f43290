// The settings that every profile has, whatever its kind.
import { z } from 'zod';
import { numberSetting } from './setting.ts';

/** Longest deadline that can be asked for: one day. */
export const MAX_DEADLINE_SECONDS = 86_400;

/** Spread into the schema of a kind, beside its `kind` and its own settings. */
export const profileFields = {
  requires: z
    .enum(['cluster', 'host', 'any'])
    .default('any')
    .meta({ description: 'The targets it can run on: `cluster` (kubeconfig, trans), `host` (this machine) or `any`' }),
  deadlineSeconds: numberSetting({
    description: 'Longest time for a whole run, image pulls included',
    unit: 'seconds',
    min: 1,
    max: MAX_DEADLINE_SECONDS,
  }).default(3_600),
  sampling: z
    .strictObject({
      intervalMs: numberSetting({
        description: "Pace of the readings: of the proxy's counters, or of the programs under test",
        unit: 'milliseconds',
        min: 50,
        max: 10_000,
      }).default(250),
    })
    .meta({ description: 'How readings are taken while a run lasts' })
    .prefault({}),
  pullRetry: z
    .strictObject({
      maxAttempts: numberSetting({
        description: 'How often image pulls are tried; nothing else is ever tried again',
        unit: 'attempts',
        min: 1,
        max: 5,
      }).default(3),
      backoffSeconds: numberSetting({
        description: 'Wait between two attempts',
        unit: 'seconds',
        min: 0,
        max: 600,
      }).default(15),
    })
    .meta({ description: 'The one thing that is tried again: pulling the images' })
    .prefault({}),
  cleanUp: z
    .strictObject({
      keepFinishedSeconds: numberSetting({
        description: 'How long a finished Job and its evidence stay readable on the target',
        unit: 'seconds',
        min: 0,
        max: 2_592_000,
      }).default(86_400),
      stopGraceSeconds: numberSetting({
        description: 'How long a stopped process or Pod may take to end by itself',
        unit: 'seconds',
        min: 0,
        max: 300,
      }).default(2),
    })
    .meta({ description: 'What is left when a run has ended' })
    .prefault({}),
};

/** What the program knows of a profile without knowing its kind. */
export type CommonProfile = { readonly kind: string } & {
  readonly [Name in keyof typeof profileFields]: z.output<(typeof profileFields)[Name]>;
};
