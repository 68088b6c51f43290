// Reads fields of parsed JSON by type, and says which one is not what was expected.

/** A field that is not what this version writes; the message names it. */
export class UnexpectedField extends Error {}

/** Reads fields of one object by type; the first one that is not as expected ends the reading. */
export class FieldReader {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #path: string;

  constructor(value: object, path: string) {
    this.#fields = new Map(Object.entries(value));
    this.#path = path;
  }

  has(field: string): boolean {
    return this.#fields.has(field);
  }

  text(field: string): string {
    const value = this.#fields.get(field);
    return typeof value === 'string' ? value : this.#unexpected(field, 'a text');
  }

  number(field: string): number {
    const value = this.#fields.get(field);
    return typeof value === 'number' ? value : this.#unexpected(field, 'a number');
  }

  flag(field: string): boolean {
    const value = this.#fields.get(field);
    return typeof value === 'boolean' ? value : this.#unexpected(field, 'true or false');
  }

  oneOf<T extends string>(field: string, allowed: readonly T[]): T {
    const value = this.#fields.get(field);
    return allowed.find((one) => one === value) ?? this.#unexpected(field, `one of ${allowed.join(', ')}`);
  }

  texts(field: string): readonly string[] {
    return this.#list(field).map((value) =>
      typeof value === 'string' ? value : this.#unexpected(field, 'a list of texts'),
    );
  }

  object(field: string): FieldReader {
    return this.#objectOf(this.#fields.get(field), field);
  }

  /** A list that stands for an object: its entries by the names given, those that are missing left out. */
  row(field: string, names: readonly string[]): FieldReader {
    return this.#rowOf(this.#fields.get(field), field, names);
  }

  rows(field: string, names: readonly string[]): readonly FieldReader[] {
    return this.#list(field).map((value, index) => this.#rowOf(value, `${field}[${index}]`, names));
  }

  objects(field: string): readonly FieldReader[] {
    return this.#list(field).map((value, index) => this.#objectOf(value, `${field}[${index}]`));
  }

  /** Lists of numbers, texts and nulls. */
  valueRows(field: string): readonly (readonly (number | string | null)[])[] {
    const isValue = (value: unknown): value is number | string | null =>
      value === null || typeof value === 'number' || typeof value === 'string';
    return this.#list(field).map((row) =>
      Array.isArray(row) && row.every(isValue) ? row : this.#unexpected(field, 'a list of rows'),
    );
  }

  /** An object of numbers, texts and flags. */
  figures(field: string): Readonly<Record<string, number | string | boolean>> {
    const value = this.#fields.get(field);
    const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
    const isFlat = (entry: [string, unknown]): entry is [string, number | string | boolean] =>
      ['number', 'string', 'boolean'].includes(typeof entry[1]);
    if (entries === null || !entries.every(isFlat)) return this.#unexpected(field, 'an object of plain values');
    return Object.fromEntries(entries);
  }

  orNull<T>(field: string, read: () => T): T | null {
    return this.#fields.get(field) === null ? null : read();
  }

  #list(field: string): readonly unknown[] {
    const value = this.#fields.get(field);
    return Array.isArray(value) ? value : this.#unexpected(field, 'a list');
  }

  /** Written as a list now, as an object by earlier versions. */
  #rowOf(value: unknown, field: string, names: readonly string[]): FieldReader {
    if (!Array.isArray(value)) return this.#objectOf(value, field);
    const entries = value.slice(0, names.length).map((entry: unknown, index) => [names[index] ?? '', entry] as const);
    return new FieldReader(Object.fromEntries(entries), `${this.#path}: ${field}`);
  }

  #objectOf(value: unknown, field: string): FieldReader {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#unexpected(field, 'an object');
    return new FieldReader(value, `${this.#path}: ${field}`);
  }

  #unexpected(field: string, expected: string): never {
    throw new UnexpectedField(`${this.#path}: ${field} is not ${expected}; something else wrote or changed it`);
  }
}
