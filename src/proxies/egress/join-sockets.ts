// Joins a client and a target into one tunnel: each direction ends by itself, a break on one side breaks the other.
import type { Socket } from 'node:net';

/** Both sockets must allow half-open; from here on they end together. Pace is held by each side's own buffer limits. */
export function joinSockets(input: { readonly client: Socket; readonly target: Socket }): void {
  const { client, target } = input;
  client.pipe(target);
  target.pipe(client);
  breakTogether(client, target);
  breakTogether(target, client);
}

function breakTogether(from: Socket, to: Socket): void {
  from.once('close', () => {
    // After a proper end the other side may still be writing out what it got; anything else must be told as a break,
    // or a cut-off transfer would look like a finished one.
    const ended = from.readableEnded && from.writableFinished;
    if (!ended && !to.destroyed) to.resetAndDestroy();
  });
}
