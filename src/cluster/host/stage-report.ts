// What a stage has written down of itself, for whoever reads its end.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_REPORT_BYTES, REPORT_FILE } from '../../plan/plan.ts';

/** The report in a stage's working directory; undefined where there is none, it is no plain file, or too long. */
export async function readStageReport(cwd: string): Promise<string | undefined> {
  try {
    const file = await open(join(cwd, REPORT_FILE), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size === 0 || stat.size > MAX_REPORT_BYTES) return undefined;
      const buffer = Buffer.alloc(MAX_REPORT_BYTES);
      const { bytesRead } = await file.read(buffer, 0, MAX_REPORT_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
