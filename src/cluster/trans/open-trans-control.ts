// The way to a far proxy's control API: one-off readings by an address of this machine, those of a run by its recorder.
import type { PlannedProxy } from '../../plan/plan.ts';
import type { ControlPath } from '../cluster.ts';
import { openControlFacade } from './control-facade.ts';
import { controlRecording } from './control-recording.ts';
import { readControl } from './read-control.ts';
import type { Recorder } from './recorder.ts';
import type { Route } from './route.ts';

/** @throws UnreachableError, InvalidInputError for a proxy or secret that cannot be used */
export async function openTransControl(input: {
  readonly route: Route;
  readonly proxy: PlannedProxy;
  readonly secret: string | undefined;
  /** Given where readings for a whole run are wanted. */
  readonly recorder: Recorder | undefined;
  readonly signal: AbortSignal;
}): Promise<ControlPath> {
  const { route, proxy, secret, recorder, signal } = input;
  if (recorder !== undefined) {
    await recorder.ensure({ secret, signal });
    // Nobody asks at the address: the recorder does, over there.
    return {
      url: proxy.controlUrl,
      recording: controlRecording({ recorder, secret }),
      close: () => Promise.resolve(),
    };
  }
  return await openControlFacade({
    secret,
    read: (asked) => readControl({ route, proxy, secret, ...asked }),
  });
}
