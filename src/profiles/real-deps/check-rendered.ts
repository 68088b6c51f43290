// Checks a rendered Plan, objects and all, against the rules, whatever way it came about.
import type { Problem } from '../../errors/errors.ts';
import type { Plan, PlannedObject, Stage } from '../../plan/plan.ts';
import { commandFaults, textFaults } from './command-rule.ts';
import { fileFaults } from './file-rule.ts';
import { REMOTE_HINT, whyNotPublicRemote } from './git-remote-rule.ts';
import { imageFault } from './image-rule.ts';
import { THIS_CLONE } from './plan.ts';
import { podFaults } from './pod-rule.ts';
import { NO_PROXY_VARIABLES, PROXY_VARIABLES } from './stage-environment.ts';

/** Every rule that the Plan breaks, by its place in the Plan. */
export function checkRendered(plan: Plan): readonly Problem[] {
  return [
    ...plan.stages.flatMap((stage, index) => stageProblems({ plan, stage, at: `stages[${index}]` })),
    ...plan.objects.flatMap((object, index) => objectProblems({ object, at: `objects[${index}]` })),
  ];
}

function stageProblems(input: { readonly plan: Plan; readonly stage: Stage; readonly at: string }): readonly Problem[] {
  const { plan, stage, at } = input;
  if (stage.kind === 'image-pull') return pulledImageProblems({ plan, stage, at });
  return [
    ...commandFaults(stage.command).map((fault) => ({ ...fault, path: `${at}.command` })),
    ...Object.entries(stage.files).flatMap(([path, content]) =>
      [...fileFaults({ path, content }), ...textFaults(content)]
        .slice(0, 1)
        .map((fault) => ({ ...fault, path: `${at}.files.${path}` })),
    ),
    ...environmentProblems({ plan, stage, at }),
    ...remoteProblems({ plan, stage, at }),
    ...stage.images.flatMap((image) => {
      const fault = imageFault({ stage: stage.name, image });
      return fault === null ? [] : [{ ...fault, path: `${at}.images`, value: image }];
    }),
  ];
}

function pulledImageProblems(input: {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly at: string;
}): readonly Problem[] {
  const { plan, stage, at } = input;
  const run = new Set(plan.stages.filter((other) => other.kind === 'container').flatMap((other) => other.images));
  const same = run.size === stage.images.length && stage.images.every((image) => run.has(image));
  return same
    ? []
    : [
        {
          path: `${at}.images`,
          value: stage.images,
          message: 'are not the images that the stages run',
          hint: 'Pull exactly what the stages run',
        },
      ];
}

const PROXY_NAMES: ReadonlySet<string> = new Set([...PROXY_VARIABLES, ...NO_PROXY_VARIABLES]);

function environmentProblems(input: {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly at: string;
}): readonly Problem[] {
  const { plan, stage, at } = input;
  const valueOf = (name: string) => stage.env.find((variable) => variable.name === name)?.value;
  const unset = PROXY_VARIABLES.filter((name) => valueOf(name) !== plan.proxy.url);
  const others = stage.env.filter(({ name }) => !PROXY_NAMES.has(name) && name !== 'GIT_REMOTE');
  return [
    ...unset.map((name) => ({
      path: `${at}.env.${name}`,
      message: 'does not name the proxy under test',
      hint: 'Give every stage all six proxy variables',
    })),
    ...others.flatMap(({ name, value }) =>
      textFaults(`${name}=${value}`).map((fault) => ({ ...fault, path: `${at}.env.${name}` })),
    ),
  ];
}

function remoteProblems(input: {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly at: string;
}): readonly Problem[] {
  const { plan, stage, at } = input;
  const given = stage.env.find(({ name }) => name === 'GIT_REMOTE')?.value;
  const path = `${at}.remote`;
  if (stage.serveThisClone) {
    const lawful = plan.target.connection.reach === 'host' && stage.remote === THIS_CLONE && given === undefined;
    return lawful
      ? []
      : [
          {
            path,
            value: stage.remote,
            message: 'must be this clone, on a host target, and nothing else',
            hint: REMOTE_HINT,
          },
        ];
  }
  if (given !== stage.remote) {
    return [{ path, value: given, message: 'differs from what the stage is given as GIT_REMOTE', hint: REMOTE_HINT }];
  }
  const why = stage.remote === undefined ? null : whyNotPublicRemote(stage.remote);
  return why === null ? [] : [{ path, value: stage.remote, message: why, hint: REMOTE_HINT }];
}

function objectProblems(input: { readonly object: PlannedObject; readonly at: string }): readonly Problem[] {
  const { object, at } = input;
  if (object.kind === 'ConfigMap') {
    return Object.entries(object.data ?? {}).flatMap(([key, content]) =>
      [...fileFaults({ path: key, content }), ...textFaults(content)]
        .slice(0, 1)
        .map((fault) => ({ ...fault, path: `${at}.data.${key}` })),
    );
  }
  if (object.kind === 'Job') return podFaults({ spec: object.spec, at: `${at}.spec` });
  return [
    {
      path: `${at}.kind`,
      value: object.kind,
      message: 'is no part of this benchmark',
      hint: 'Render one Job and its ConfigMap only',
    },
  ];
}
