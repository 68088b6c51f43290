// Shows places and values of a configuration to people, secrets left out.
import type { ValuePath } from './read-yaml-file.ts';

/** `profiles.real-deps-500m.realDeps.stages[2].command`; `(file)` for the whole. */
export function shownPath(path: ValuePath): string {
  if (path.length === 0) return '(file)';
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** Whatever stands below or as one of these may be a secret. */
const SECRET_KEY = /secret|token|password|passwd|credential/i;

/** The value at a path as it may be shown; absent where there is none, where it is large, or where it may be a secret. */
export function shownValueAt(input: { readonly data: unknown; readonly path: ValuePath }): {
  readonly value?: unknown;
} {
  if (input.path.length === 0 || input.path.some((step) => SECRET_KEY.test(String(step)))) return {};
  let value = input.data;
  for (const step of input.path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return {};
    value = Reflect.get(value, step);
  }
  if (typeof value === 'object' && value !== null) return {};
  return value === undefined ? {} : { value: typeof value === 'string' ? withoutCredentials(value) : value };
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, '//***@');
}
