// What the filter is told: plain data, so that it can be written in a file and handed over as JSON.

/**
 * A glob over a whole cleaned path, from its first `/` to its end. A segment is literal, or `*` (one segment that is not
 * empty), or `**` (any number of segments, none among them). A trailing slash is a last, empty segment.
 */
export type PathPattern = string;

/** Rules of one metadata proxy. Must not be changed once the filter has seen them. */
export interface FilterRules {
  /** Every query key that may be sent; letter case counts. */
  readonly queryKeys: readonly string[];
  /** Paths that may be asked for with the key `recursive`; letter case and a trailing slash count. */
  readonly recursive: readonly PathPattern[];
  /** Paths that nobody is shown, whatever else allows them; neither letter case nor a trailing slash helps. */
  readonly concealed: readonly PathPattern[];
  /** Paths that are allowed exactly as written; the empty text is the path of `http://host`. */
  readonly discovery: readonly string[];
  /** Beginnings of paths that are allowed; each ends in a slash. */
  readonly prefixes: readonly string[];
}
