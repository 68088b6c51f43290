// The main figures of what a stage said of itself, whatever kind it is of: small enough for a Job's annotation.

/** Main figures by name. */
export type ReportFigures = Readonly<Record<string, number | string | boolean>>;

const MAX_FIGURES = 24;
const MAX_TEXT_CHARACTERS = 60;

/** The report's own numbers, short texts and flags; what it nests is left out. Null for a report that is no JSON object. */
export function reportFigures(report: string): ReportFigures | null {
  const value = parsed(report);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter((entry): entry is [string, number | string | boolean] => isFigure(entry[1]))
      .slice(0, MAX_FIGURES),
  );
}

function isFigure(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_TEXT_CHARACTERS;
  return typeof value === 'boolean' || typeof value === 'number';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
