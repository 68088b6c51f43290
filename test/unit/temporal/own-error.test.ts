import { WorkflowFailedError } from '@temporalio/client';
import { type ApplicationFailure, RetryState } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { withFailureTypes } from '../../../src/activities/as-failure.ts';
import { UnreachableError } from '../../../src/errors/errors.ts';
import { failureOfWorkflow } from '../../../src/temporal/own-error.ts';

async function failureOf(thrown: Error): Promise<ApplicationFailure> {
  const { act } = withFailureTypes({
    act: async () => {
      throw thrown;
    },
  });
  return await act().then(
    () => Promise.reject(new Error('it did not fail')),
    (failure: ApplicationFailure) => failure,
  );
}

describe('what an activity could not reach', () => {
  it('arrives at the command line with its one hint, as the activity gave it', async () => {
    const failure = await failureOf(new UnreachableError('the proxy is silent', 'Start it'));
    const workflow = new WorkflowFailedError('failed', failure, RetryState.MAXIMUM_ATTEMPTS_REACHED);
    expect(failureOfWorkflow(workflow)).toMatchObject({ message: 'the proxy is silent', hint: 'Start it' });
  });

  it('shows the hint in the message where nothing else is shown', async () => {
    const { message } = await failureOf(new UnreachableError('the proxy is silent', 'Start it'));
    expect(message).toBe('the proxy is silent (Start it)');
  });
});
