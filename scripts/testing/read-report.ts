// Makes the one closing line, and the list of what was skipped, from vitest's JSON report.

/** What is read of vitest's report. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A report in numbers. */
export interface TestSummary {
  readonly passed: number;
  /** Failed tests, and files that failed before any test of theirs could. */
  readonly failed: number;
  /** Titles of the tests that did not run. */
  readonly skipped: readonly string[];
  /** `12 passed, 0 failed, 1 skipped` */
  readonly closingLine: string;
}

export function readReport(report: TestReport): TestSummary {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = tests.filter((test) => test.status === 'failed').length + brokenFiles;
  const skipped = tests
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => test.fullName);
  return { passed, failed, skipped, closingLine: `${passed} passed, ${failed} failed, ${skipped.length} skipped` };
}

/** The skipped tests that `allowed` does not name; it is a list of parts of titles, separated by semicolons. */
export function unexcused(input: { readonly skipped: readonly string[]; readonly allowed: string }): readonly string[] {
  const excuses = input.allowed
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return input.skipped.filter((title) => !excuses.some((excuse) => title.includes(excuse)));
}
