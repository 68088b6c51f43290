// From a target's name to the Plan of `doctor --transfer`; makes nothing.
import { resolveProxy, resolveTarget } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { clusterProfiles, mostDiskBytes } from '../config/most-disk.ts';
import { InvalidInputError } from '../errors/errors.ts';
import { planTransfer } from '../profiles/transfer-plan.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Enough for npm and its archive, and little enough for any node. */
const RESOURCES = { cpuMillicores: 1_000, memoryMiB: 512, diskMiB: 512 };

const IMAGE = /^[a-z0-9][\w.:/@-]{0,252}$/;
const URL_FORM = /^https?:\/\/[^\s"'\\]{1,2000}$/;

export function createPlanTransfer(deps: ActivityDeps): Activities['planTransfer'] {
  return async ({ target: name, image: asked, url, runId }) => {
    const config = await deps.loadConfig();
    const target = resolveTarget({ config, name });
    if (target.connection.reach === 'host') {
      throw refused(
        '--transfer',
        name,
        `target ${name} is no cluster`,
        'Leave --transfer out: a host target has no Pod and no node to tell apart',
      );
    }
    const image = asked ?? npmImage(config);
    if (image === undefined) {
      throw refused(
        '--transfer',
        name,
        'no profile names an image with npm',
        'Name one with sh and npm: --transfer-image IMAGE',
      );
    }
    if (!IMAGE.test(image))
      throw refused(
        '--transfer-image',
        image,
        'is no image reference',
        'Write it as docker.io/library/node:22-bookworm',
      );
    if (url !== undefined && !URL_FORM.test(url)) {
      throw refused('--transfer-url', url, 'is no http:// or https:// URL', 'Give the address of a file of some 10 MB');
    }
    const proxy = resolveProxy({ config, target });
    const plan = planTransfer({
      target,
      proxy,
      runId,
      image,
      resources: RESOURCES,
      ...(url === undefined ? {} : { url }),
    });
    const diskBytes = mostDiskBytes(config);
    return { plan, ...(diskBytes === undefined ? {} : { diskBytes }) };
  };
}

/** The image of a cluster profile's npm stage: the one that is certain to have npm. */
function npmImage(config: Config): string | undefined {
  const stages = clusterProfiles(config).flatMap((profile) =>
    profile.kind === 'k3s-real-deps' ? profile.realDeps.stages : [],
  );
  return stages.find(({ name, image }) => name === 'npm-install' && image !== undefined)?.image;
}

function refused(path: string, value: string, message: string, hint: string): InvalidInputError {
  return new InvalidInputError([{ path, value, message, hint }]);
}
