// Reads a secret at the moment it is needed; its content goes to the caller and nowhere else.
import { readFile } from 'node:fs/promises';
import { UnreachableError } from '../errors/errors.ts';
import type { SecretReference } from '../plan/plan.ts';

/**
 * The secret behind a reference, without surrounding white space.
 * @throws UnreachableError naming the variable or file, never its content
 */
export async function readSecret(reference: SecretReference): Promise<string> {
  const secret = 'env' in reference ? process.env[reference.env] : await readSecretFile(reference.file);
  if (secret === undefined || secret.trim() === '') {
    const name = 'env' in reference ? `environment variable ${reference.env}` : `file ${reference.file}`;
    throw new UnreachableError(
      `the control API's secret is missing: ${name} is not set or empty`,
      'Set it where the worker runs, and start the worker again',
    );
  }
  return secret.trim();
}

async function readSecretFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
