// A port on loopback that nobody listens on, nor is given meanwhile.
import { reservePort } from '../../src/processes/reserve-port.ts';

/** Another one each time, for a program that is about to listen there. */
export function freePort(): Promise<number> {
  return reservePort({ ip: '127.0.0.1' });
}
