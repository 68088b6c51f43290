// Registers the attributes by which runs are found, where they are missing, and waits until they can be used.
import { setTimeout as pause } from 'node:timers/promises';
import { SearchAttributeType } from '@temporalio/common';
import { InfrastructureError, messageOf } from '../errors/errors.ts';
import type { TemporalConnection } from './connection.ts';
import { SEARCH_ATTRIBUTE_KEYS } from './search-attribute-keys.ts';

/** Temporal's number for a keyword attribute. */
const INDEXED_KEYWORD = 2;
/** Frontends and history services reread the registry every now and then. */
const USABLE_WITHIN_MS = 60_000;
const ASK_AGAIN_MS = 100;

/**
 * Makes every attribute of `SEARCH_ATTRIBUTE_KEYS` usable in the connection's namespace. May be called by several at
 * once. @returns the names that were registered by this call
 * @throws InfrastructureError when one is missing and may not be registered, has another type, or stays unusable
 */
export async function ensureSearchAttributes(input: {
  readonly temporal: TemporalConnection;
}): Promise<{ readonly added: readonly string[] }> {
  const { temporal } = input;
  const missing = missingFrom(await registered(temporal));
  if (missing.length > 0) {
    await register({ temporal, names: missing });
    await untilUsable(temporal);
  }
  return { added: missing };
}

type Registry = Readonly<Record<string, number>>;

async function registered({ connection, namespace }: TemporalConnection): Promise<Registry> {
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    return { ...answer.systemAttributes, ...answer.customAttributes };
  } catch (cause) {
    throw new InfrastructureError(
      `Temporal does not tell its search attributes: ${messageOf(cause)}. ${byHand(namespace, names())}`,
      { cause },
    );
  }
}

function names(): readonly string[] {
  return SEARCH_ATTRIBUTE_KEYS.map((key) => key.name);
}

function missingFrom(registry: Registry): readonly string[] {
  const otherwise = names().filter((name) => registry[name] !== undefined && registry[name] !== INDEXED_KEYWORD);
  if (otherwise.length > 0) {
    throw new InfrastructureError(
      `Temporal knows the search attribute ${otherwise.join(', ')} with a type other than ${SearchAttributeType.KEYWORD}`,
    );
  }
  return names().filter((name) => registry[name] === undefined);
}

async function register(input: {
  readonly temporal: TemporalConnection;
  readonly names: readonly string[];
}): Promise<void> {
  const { temporal, names: wanted } = input;
  try {
    await temporal.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      searchAttributes: Object.fromEntries(wanted.map((name) => [name, INDEXED_KEYWORD])),
    });
  } catch (cause) {
    // Somebody else may have registered them between our look and our call.
    if (missingFrom(await registered(temporal)).length === 0) return;
    throw new InfrastructureError(
      `Temporal does not let the search attributes be registered: ${messageOf(cause)}. ${byHand(temporal.namespace, wanted)}`,
      { cause },
    );
  }
}

async function untilUsable({ client, namespace }: TemporalConnection): Promise<void> {
  const query = names()
    .map((name) => `${name} = 'none'`)
    .join(' OR ');
  const giveUpAtMs = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      await client.workflow.count(query);
      return;
    } catch (cause) {
      if (Date.now() > giveUpAtMs) {
        throw new InfrastructureError(
          `The search attributes are registered in ${namespace} but cannot be used yet: ${messageOf(cause)}`,
          { cause },
        );
      }
      await pause(ASK_AGAIN_MS);
    }
  }
}

function byHand(namespace: string, wanted: readonly string[]): string {
  const commands = wanted.map(
    (name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  );
  return `Have them registered: ${commands.join(' && ')}`;
}
