// What a profile of the kind `k3s-real-deps` may hold.
import { z } from 'zod';
import { MAX_DEADLINE_SECONDS, profileFields } from '../profile-fields.ts';
import { imageSetting, numberSetting, textSetting } from '../setting.ts';
import { STAGE_NAMES } from './stage-catalogue.ts';

/** Longest word of a stage's command; a script is one word. */
const MAX_WORD_CHARACTERS = 16_384;
const MAX_FILE_CHARACTERS = 65_536;

const stageDeadline = (description: string, seconds: number) =>
  numberSetting({ description, unit: 'seconds', min: 1, max: MAX_DEADLINE_SECONDS }).default(seconds);

const stageSchema = z.strictObject({
  name: z.enum(STAGE_NAMES).meta({ description: 'Which stage this is; stages stand in this order, each at most once' }),
  image: imageSetting(
    'Image that the stage runs on a cluster; must be the real one under docker.io. For git-mirror it stands under `gitMirror`',
  ).optional(),
  deadlineSeconds: stageDeadline('Longest time for the stage, from its own start', 900),
  command: z.array(z.string().min(1).max(MAX_WORD_CHARACTERS)).min(1).max(32).meta({
    description: 'argv of the stage, run in an empty working directory; 1 to 32 words of 1 to 16384 characters',
    hint: 'Give a list of words, as ["sh", "-euc", "npm install"]',
  }),
  files: z
    .record(
      textSetting({
        description: "A path below the stage's working directory",
        pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,4}$/,
        hint: 'Use a relative path of letters, digits, dots, dashes and underscores, no part of it starting with a dot',
      }),
      z.string().max(MAX_FILE_CHARACTERS).meta({ description: 'Content; at most 65536 characters' }),
    )
    .meta({ description: 'Files laid into the working directory before the stage starts: content by relative path' })
    .default({}),
  tools: z
    .array(
      textSetting({
        description: 'Name of a program',
        pattern: /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/,
        hint: 'Give the bare name of a program, as npm',
      }),
    )
    .max(8)
    .meta({
      description:
        'Programs that a host target must have for the stage, else it is left out; what the stage is named for (node and npm, go, git, apk) unless given',
    })
    .optional(),
});

const gitMirrorSchema = z.strictObject({
  image: imageSetting('Image that git-mirror runs on a cluster: a pinned tag under docker.io').optional(),
  remote: z
    .string()
    .min(1)
    .max(500)
    .meta({
      description: 'Public Git repository that git-mirror clones',
      hint: 'Give a public https URL, as https://github.com/git/git.git',
    })
    .optional(),
  source: z
    .literal('this-clone')
    .meta({
      description:
        "`this-clone`: serve this program's own clone over smart HTTP on loopback and mirror that; host targets only",
    })
    .optional(),
});

const realDepsSchema = z.strictObject({
  imagePull: z
    .strictObject({
      deadlineSeconds: stageDeadline(
        'Longest time for one pull of an image, its wait for other pulls included; each pull is given it anew',
        1_800,
      ),
      throughProxy: z
        .boolean()
        .meta({
          description:
            "Whether the node's container runtime pulls through the proxy under test, so that a proxy that saw nothing of it was bypassed",
        })
        .default(true),
    })
    .meta({ description: 'The image-pull stage; clusters only' })
    .prefault({}),
  stages: z
    .array(stageSchema)
    .min(1)
    .max(STAGE_NAMES.length)
    .meta({ description: 'The stages, in order', hint: 'List at least one stage' }),
  gitMirror: gitMirrorSchema
    .meta({ description: 'Where git-mirror gets its image and its source; one of `remote` and `source`' })
    .prefault({}),
  resources: z
    .strictObject({
      cpuMillicores: numberSetting({
        description: 'CPU limit of each container',
        unit: 'millicores',
        min: 100,
        max: 64_000,
      }).default(2_000),
      memoryMiB: numberSetting({
        description: 'Memory limit of each container',
        unit: 'MiB',
        min: 64,
        max: 262_144,
      }).default(2_048),
      diskMiB: numberSetting({
        description: 'Limit of the work volume that all stages share',
        unit: 'MiB',
        min: 256,
        max: 1_048_576,
      }).default(12_288),
    })
    .meta({ description: 'Bounds of the Job on a cluster' })
    .prefault({}),
});

/** A whole profile of this kind. */
export const realDepsProfileSchema = z.strictObject({
  kind: z.literal('k3s-real-deps').meta({ description: 'Real dependency downloads through an egress proxy' }),
  payloadMiB: numberSetting({
    description: 'Least traffic that the proxy must have seen, both directions, for a run to pass',
    unit: 'MiB',
    min: 0.001,
    max: 1_048_576,
    fractions: true,
  }),
  ...profileFields,
  realDeps: realDepsSchema.meta({ description: 'The settings of this kind' }),
});

export type RealDepsProfile = z.infer<typeof realDepsProfileSchema>;
export type RealDepsStage = RealDepsProfile['realDeps']['stages'][number];
