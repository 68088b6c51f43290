// What a limit of memory lets through.

/**
 * Bytes that the kernel charges beyond a limit where it may not fail, and takes back with the next: one page or two were seen,
 * so eight are allowed for. A peak beyond that was not held by the limit.
 */
export const LENT_BYTES = 8 * 4_096;
