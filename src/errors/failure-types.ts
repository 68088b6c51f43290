// The names under which failures cross from activities to workflows and to `temporal workflow show`.

/** Bad input: no attempt can mend it. */
export const INVALID_INPUT = 'InvalidInput';
/** A target or proxy that does not answer. */
export const UNREACHABLE = 'Unreachable';
/** An environment that broke. */
export const INFRASTRUCTURE = 'Infrastructure';
