// Whether somebody has a companion's port already, who would be taken for the companion.
import { connect } from 'node:net';
import type { Companion } from '../../../plan/plan.ts';

/** The first of its ports on which somebody listens, asked on this machine's loopback; null where nobody does. */
export async function portInUse({ ready, metrics }: Pick<Companion, 'ready' | 'metrics'>): Promise<number | null> {
  const ports = [...new Set([ready.port, ...(metrics === undefined ? [] : [metrics.port])])];
  const taken = await Promise.all(ports.map(listens));
  return ports.find((_, index) => taken[index]) ?? null;
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
