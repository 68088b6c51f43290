// A way to come by the `temporal` command: one of several, tried in order.

/** What every way is given. */
export interface SourceInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This program's folder for what can be fetched again: `~/.cache/proxybench`. */
  readonly cacheDir: string;
  /** Hears one line for each step, and one every ten seconds in a long one. */
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** One way. */
export interface TemporalSource {
  /** For messages: `go install`. */
  readonly name: string;
  /** The command's path when it is there without any work, else null. */
  readonly present: (input: SourceInput) => Promise<string | null>;
  /** Fetches or builds it and gives its path. @throws Error saying in one line why not */
  readonly obtain: (input: SourceInput) => Promise<string>;
}
