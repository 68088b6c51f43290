// Finds the word that somebody probably meant.

/** The known word nearest to `word`, letter case aside, or null when none is near. */
function nearestWord(input: { readonly word: string; readonly known: readonly string[] }): string | null {
  const word = input.word.toLowerCase();
  const ranked = input.known
    .map((known) => ({ known, distance: editDistance(word, known.toLowerCase()) }))
    .filter(({ known, distance }) => distance <= Math.max(1, Math.floor(Math.min(word.length, known.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.known ?? null;
}

/** `Did you mean x?`, or all the known words. */
export function suggestion(input: { readonly word: string; readonly known: readonly string[] }): string {
  const nearest = nearestWord(input);
  if (nearest !== null) return `Did you mean ${nearest}?`;
  return input.known.length === 0 ? 'None is configured' : `Known: ${[...input.known].join(', ')}`;
}

const LONGEST_WORD = 64;

/** Edits between two words, two letters swapped counting as one; words are cut, since a long one is near to nothing. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, LONGEST_WORD);
  const b = right.slice(0, LONGEST_WORD);
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : replaced;
      row.push(Math.min(replaced, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
