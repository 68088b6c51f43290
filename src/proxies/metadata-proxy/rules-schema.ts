// What a file of filter rules may hold. Read by the command line only: the proxy itself is handed what came of it.
import { z } from 'zod';
import { textSetting } from '../../profiles/setting.ts';
import { DEFAULT_RULES } from './default-rules.ts';

/** Most entries of a list; every request is held against all of them. */
const MAX_ENTRIES = 64;

const PATH_HINT = "at most 256 letters, digits and -._~!$&'()+,=:@ between slashes, no segment . or ..";

const queryKey = textSetting({
  description: 'A query key, decoded; letter case counts',
  pattern: /^[A-Za-z0-9_.-]{1,64}$/,
  hint: 'Use 1 to 64 letters, digits and _.-',
});

const pathPattern = textSetting({
  description: 'A glob over the whole cleaned path',
  pattern: /^(?=.{1,256}$)(?:\/|(?:\/(?:\*\*?|(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()+,=:@]+))+\/?)$/,
  hint: `Start with a slash, and use ${PATH_HINT}; * as a whole segment is one segment, ** any number`,
});

const exactPath = textSetting({
  description: 'A cleaned path',
  pattern: /^(?=.{0,256}$)(?:|\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()+,=:@]+)+\/?)$/,
  hint: `Give an empty text, or start with a slash, and use ${PATH_HINT}, no *`,
});

const prefix = textSetting({
  description: 'The beginning of a cleaned path',
  pattern: /^(?=.{1,256}$)\/(?:(?!\.{1,2}\/)[A-Za-z0-9\-._~!$&'()+,=:@]+\/)*$/,
  hint: `Start and end with a slash, and use ${PATH_HINT}, no *`,
});

function listSetting(input: {
  readonly entry: z.ZodString;
  readonly description: string;
  readonly fallback: readonly string[];
}) {
  const { entry, description, fallback } = input;
  return z
    .array(entry)
    .max(MAX_ENTRIES)
    .meta({ description, hint: `Give a list of at most ${MAX_ENTRIES} entries; [] for none` })
    .default([...fallback]);
}

/** The whole of a file of rules. A list that is left out is that of the defaults. */
export const rulesFileSchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this form' }),
  extends: z
    .literal('default')
    .meta({
      description: 'With it the lists add to the defaults; without, each list given stands in place of its default',
    })
    .optional(),
  queryKeys: listSetting({
    entry: queryKey,
    description: 'Every query key that may be sent',
    fallback: DEFAULT_RULES.queryKeys,
  }),
  recursive: listSetting({
    entry: pathPattern,
    description: 'Paths that may be asked for with the key `recursive`; a trailing slash counts',
    fallback: DEFAULT_RULES.recursive,
  }),
  concealed: listSetting({
    entry: pathPattern,
    description: 'Paths that nobody is shown, in any letter case, with or without a trailing slash',
    fallback: DEFAULT_RULES.concealed,
  }),
  discovery: listSetting({
    entry: exactPath,
    description: 'Paths that are allowed exactly as written; an empty text is the path of `http://host`',
    fallback: DEFAULT_RULES.discovery,
  }),
  prefixes: listSetting({
    entry: prefix,
    description: 'Beginnings of paths that are allowed; each ends in a slash',
    fallback: DEFAULT_RULES.prefixes,
  }),
});
