// Checks a profile's raw settings for what its schema cannot tell, whatever their shape.
import type { Problem } from '../../errors/errors.ts';
import { deadlineProblems } from '../check-deadline.ts';
import type { PlanOverrides, SettingFault } from '../profile-kind.ts';
import { commandFaults, textFaults } from './command-rule.ts';
import { fileFaults } from './file-rule.ts';
import { REMOTE_HINT, whyNotPublicRemote } from './git-remote-rule.ts';
import { imageFault } from './image-rule.ts';
import { STAGE_NAMES } from './stage-catalogue.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Every fault of the settings that the rules know; takes any value, and is silent about what the schema will tell. */
export function checkSettings(raw: unknown): readonly SettingFault[] {
  const profile = fieldsOf(raw);
  const settings = fieldsOf(profile['realDeps']);
  const stages = Array.isArray(settings['stages']) ? settings['stages'].map(fieldsOf) : [];
  const onHostOnly = profile['requires'] === 'host';
  return [
    ...stages.flatMap((stage, index) => stageFaults({ stage, index, onHostOnly })),
    ...orderFaults(stages),
    ...(onHostOnly || stages.length === 0 ? [] : summaryFaults(stages)),
    ...gitMirrorFaults({ gitMirror: fieldsOf(settings['gitMirror']), stages, onHostOnly }),
  ];
}

/** Faults in what one run asks for. */
export function checkRequest(request: PlanOverrides): readonly Problem[] {
  const { gitRemote } = request;
  const problems: Problem[] = [...deadlineProblems(request)];
  const why = gitRemote === undefined ? null : whyNotPublicRemote(gitRemote);
  if (why !== null)
    problems.push({ path: 'gitRemote', value: shownRemote(gitRemote ?? ''), message: why, hint: REMOTE_HINT });
  return problems;
}

function stageFaults(input: {
  readonly stage: Fields;
  readonly index: number;
  readonly onHostOnly: boolean;
}): readonly SettingFault[] {
  const { stage, index, onHostOnly } = input;
  const at = ['realDeps', 'stages', index];
  const faults: SettingFault[] = [];
  const command = stage['command'];
  if (isStrings(command))
    faults.push(...commandFaults(command).map((fault) => ({ ...fault, path: [...at, 'command'] })));
  for (const [path, content] of Object.entries(fieldsOf(stage['files']))) {
    if (typeof content !== 'string') continue;
    const found = [...fileFaults({ path, content }), ...textFaults(content)].slice(0, 1);
    faults.push(...found.map((fault) => ({ ...fault, path: [...at, 'files', path] })));
  }
  return [...faults, ...stageImageFaults({ stage, at: [...at, 'image'], onHostOnly })];
}

function stageImageFaults(input: {
  readonly stage: Fields;
  readonly at: SettingFault['path'];
  readonly onHostOnly: boolean;
}): readonly SettingFault[] {
  const { stage, at, onHostOnly } = input;
  const { name, image } = stage;
  if (image !== undefined && name === 'git-mirror') {
    return [
      {
        path: at,
        value: image,
        message: 'stands in the wrong place',
        hint: 'Give the Git image under realDeps.gitMirror.image',
      },
    ];
  }
  if (image !== undefined && onHostOnly) {
    return [
      {
        path: at,
        value: image,
        message: 'is never used: a host target runs no images',
        hint: 'Leave it out, or let the profile require a cluster',
      },
    ];
  }
  if (typeof name !== 'string' || name === 'git-mirror' || onHostOnly || !STAGE_NAMES.some((known) => known === name))
    return [];
  if (image === undefined) {
    return [{ path: at, message: 'is missing', hint: 'Name the image that the stage runs on a cluster' }];
  }
  const fault = typeof image === 'string' ? imageFault({ stage: name, image }) : null;
  return fault === null ? [] : [{ ...fault, path: at, value: image }];
}

function orderFaults(stages: readonly Fields[]): readonly SettingFault[] {
  const places = stages.map((stage) => STAGE_NAMES.findIndex((known) => known === stage['name']));
  return places.flatMap((place, index): SettingFault[] => {
    const before = Math.max(-1, ...places.slice(0, index));
    if (place === -1 || place > before) return [];
    const message = places.slice(0, index).includes(place)
      ? 'is listed twice'
      : 'stands after a stage that it must come before';
    return [
      {
        path: ['realDeps', 'stages', index, 'name'],
        value: stages[index]?.['name'],
        message,
        hint: `Keep each stage once, in this order: ${STAGE_NAMES.join(', ')}`,
      },
    ];
  });
}

function summaryFaults(stages: readonly Fields[]): readonly SettingFault[] {
  return stages.some((stage) => stage['name'] === 'summary')
    ? []
    : [
        {
          path: ['realDeps', 'stages'],
          message: 'has no summary',
          hint: "End with a stage named summary: it is the Job's own container on a cluster",
        },
      ];
}

function gitMirrorFaults(input: {
  readonly gitMirror: Fields;
  readonly stages: readonly Fields[];
  readonly onHostOnly: boolean;
}): readonly SettingFault[] {
  const { gitMirror, stages, onHostOnly } = input;
  const { remote, source, image } = gitMirror;
  const at = ['realDeps', 'gitMirror'];
  const faults: SettingFault[] = [];
  if (remote !== undefined && source !== undefined) {
    faults.push({
      path: [...at, 'source'],
      value: source,
      message: 'contradicts remote',
      hint: 'Keep one of remote and source',
    });
  } else if (source !== undefined && !onHostOnly) {
    faults.push({
      path: [...at, 'source'],
      value: source,
      message: 'needs a host target',
      hint: 'Give a public remote, or let the profile require a host',
    });
  }
  if (typeof remote === 'string' && remote !== '') {
    const why = whyNotPublicRemote(remote);
    if (why !== null)
      faults.push({ path: [...at, 'remote'], value: shownRemote(remote), message: why, hint: REMOTE_HINT });
  }
  const used = stages.some((stage) => stage['name'] === 'git-mirror');
  if (used && remote === undefined && source === undefined) {
    faults.push({
      path: [...at, 'remote'],
      message: 'is missing',
      hint: onHostOnly ? `${REMOTE_HINT}, or \`source: this-clone\`` : REMOTE_HINT,
    });
  }
  if (image !== undefined && onHostOnly) {
    faults.push({
      path: [...at, 'image'],
      value: image,
      message: 'is never used: a host target runs no images',
      hint: 'Leave it out, or let the profile require a cluster',
    });
  } else if (image === undefined && used && !onHostOnly) {
    faults.push({
      path: [...at, 'image'],
      message: 'is missing',
      hint: 'Use docker.io/alpine/git with a version as its tag',
    });
  } else if (typeof image === 'string') {
    const fault = imageFault({ stage: 'git-mirror', image });
    if (fault !== null) faults.push({ ...fault, path: [...at, 'image'], value: image });
  }
  return faults;
}

/** A remote without what it may carry of credentials. */
function shownRemote(remote: string): string {
  return remote.replace(/\/\/[^/]*@/, '//***@');
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
