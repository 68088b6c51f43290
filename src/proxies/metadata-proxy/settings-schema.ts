// What the settings of a metadata proxy may be. Read by whoever starts one: the proxy is handed what came of it, as JSON.
import { z } from 'zod';
import { numberSetting, textSetting } from '../../profiles/setting.ts';
import { rulesFileSchema } from './rules-schema.ts';
import { NUMBERS, type NumberName, UPSTREAM_PATTERN, USUAL_SETTINGS } from './setting-bounds.ts';

/** Where the metadata server is found on every node. */
const WELL_KNOWN_UPSTREAM = 'http://169.254.169.254';

/** Host and port; where the port may be 0, any free one is taken. */
function listenAddress(description: string, port: number) {
  return z
    .strictObject({
      host: textSetting({
        description: 'A name or an address of this machine',
        pattern: /^(?:[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45})$/,
        hint: 'Give an address like 127.0.0.1 or ::1, without brackets',
      }),
      port: numberSetting({ description: 'Port; 0 for any free one', unit: 'ports', min: 0, max: 65_535 }),
    })
    .meta({ description, hint: 'Give host and port' })
    .default({ host: '127.0.0.1', port });
}

function milliseconds(name: Exclude<NumberName, 'maxConnections'>, description: string) {
  const { min, max } = NUMBERS[name];
  return numberSetting({ description, unit: 'milliseconds', min, max });
}

/** A base URL of the plain scheme, without a path. */
export const upstreamSetting = textSetting({
  description: 'Base URL of the metadata server',
  pattern: UPSTREAM_PATTERN,
  hint: 'Write http://HOST or http://HOST:PORT, without a path',
}).refine((text) => URL.canParse(text), { error: 'is no usable URL' });

/** All settings; every one that is left out has its default. What comes of it is a `MetadataProxySettings`. */
export const metadataProxySettingsSchema = z.strictObject({
  listen: listenAddress('Where clients are served', 988),
  metrics: listenAddress('Where metrics and health are served', 989),
  upstream: upstreamSetting.default(WELL_KNOWN_UPSTREAM),
  rules: rulesFileSchema.omit({ version: true, extends: true }).prefault({}),
  maxConnections: numberSetting({
    description: 'Requests worked on at a time; those beyond it wait their turn',
    unit: 'requests',
    min: NUMBERS.maxConnections.min,
    max: NUMBERS.maxConnections.max,
  }).default(USUAL_SETTINGS.maxConnections),
  merge: z
    .boolean()
    .meta({ description: 'Equal reads at the same time share one upstream request' })
    .default(USUAL_SETTINGS.merge),
  cache: z
    .boolean()
    .meta({ description: 'Answers are kept as long as they say that they may be' })
    .default(USUAL_SETTINGS.cache),
  tokenMarginMs: milliseconds('tokenMarginMs', 'A kept token is asked for again so long before its end').default(
    USUAL_SETTINGS.tokenMarginMs,
  ),
  clientTimeoutMs: milliseconds('clientTimeoutMs', 'How long a client may send nothing')
    .multipleOf(1_000)
    .default(USUAL_SETTINGS.clientTimeoutMs),
  upstreamTimeoutMs: milliseconds('upstreamTimeoutMs', 'How long the upstream may take').default(
    USUAL_SETTINGS.upstreamTimeoutMs,
  ),
  longestWaitMs: milliseconds('longestWaitMs', 'Longest wait for a change').default(USUAL_SETTINGS.longestWaitMs),
  stopGraceMs: milliseconds('stopGraceMs', 'How long a stop waits for requests under way').default(
    USUAL_SETTINGS.stopGraceMs,
  ),
  accessLog: z
    .boolean()
    .meta({ description: 'One line on standard error for each request' })
    .default(USUAL_SETTINGS.accessLog),
});
