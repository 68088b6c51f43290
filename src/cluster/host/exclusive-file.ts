// Files that appear whole or not at all, and at most once: the ground on which repeated and concurrent calls agree.
import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { FILE_MODE } from './run-directory.ts';

/**
 * Makes the file with this content unless it exists. Of any number of callers exactly one is told `true`, and nobody
 * ever sees the file half written.
 */
export async function createExclusively(input: { readonly path: string; readonly content: string }): Promise<boolean> {
  const draft = await writeDraft(input);
  try {
    await link(draft, input.path);
    return true;
  } catch (error) {
    if (isErrorWithCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Writes the file whole, in place of whatever was there. */
export async function replaceFile(input: { readonly path: string; readonly content: string }): Promise<void> {
  await rename(await writeDraft(input), input.path);
}

/** The file's text, or null when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

/** Whether something thrown is the system's error of that code. */
export function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function writeDraft(input: { readonly path: string; readonly content: string }): Promise<string> {
  const draft = `${input.path}.draft-${randomUUID()}`;
  const file = await open(draft, 'wx', FILE_MODE);
  try {
    await file.writeFile(input.content);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}
