import { describe, expect, it } from 'vitest';
import { BodyRoom, MAX_HELD_BYTES, NoRoomError } from '../../../../src/proxies/metadata-proxy/body-room.ts';

const ALL = 3 * 1024 * 1024;
const { signal } = new AbortController();

function start() {
  let collected = 0;
  const room = new BodyRoom({ collect: () => void (collected += 1) });
  /** How many are let in at once. */
  const letIn = async (targets: readonly string[]) => {
    let count = 0;
    for (const target of targets) void room.take({ target, signal }).then(() => (count += 1));
    await new Promise(setImmediate);
    return count;
  };
  return { room, letIn, collected: () => collected };
}

const many = (target: string) => Array.from({ length: 100 }, (_, index) => `${target}?last_etag=${index}`);

describe('the room for documents', () => {
  it('is for twelve whose size nobody knows, for all that are small, for six of the largest that are held, and for three that stream', async () => {
    expect(await start().letIn(many('/a'))).toBe(12);
    for (const [bytes, count] of [
      [1_000, 100],
      [100_000, Math.floor(ALL / 100_000)],
      [MAX_HELD_BYTES, 6],
      [3_000_000, 3],
    ] as const) {
      const { room, letIn } = start();
      room.learn({ target: '/a', bytes });
      expect(await letIn(many('/a'))).toBe(count);
    }
  });

  it('knows a recursive document from the others of its path', async () => {
    const { room } = start();
    room.learn({ target: '/a/?recursive=true&alt=json', bytes: 3_000_000 });
    expect([room.isLarge('/a/?recursive=true'), room.isLarge('/a/'), room.isLarge('/a/?x_recursive=1')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('gives what is larger than expected more if it is there, and never more than one may hold', async () => {
    const { room } = start();
    const one = await room.take({ target: '/a', signal });
    await one.hold(MAX_HELD_BYTES);
    expect(() => one.hold(MAX_HELD_BYTES + 1)).toThrow(NoRoomError);
    for (let index = 0; index < 5; index += 1) await (await room.take({ target: '/a', signal })).hold(MAX_HELD_BYTES);
    room.learn({ target: '/small', bytes: 10 });
    const small = await room.take({ target: '/small', signal });
    expect(() => small.hold(20_000)).toThrow(NoRoomError);
    one.end();
    one.end();
    await small.hold(20_000);
  });

  it('holds nothing that is too large, even where there is room for it to stream', async () => {
    const { room } = start();
    room.learn({ target: '/a', bytes: 3_000_000 });
    const one = await room.take({ target: '/a', signal });
    expect(() => one.hold(MAX_HELD_BYTES + 1)).toThrow(NoRoomError);
  });

  it('has garbage collected after each MiB that is held no more', async () => {
    const { room, collected } = start();
    for (let index = 0; index < 8; index += 1) (await room.take({ target: '/a', signal })).end();
    expect(collected()).toBe(2);
  });
});
