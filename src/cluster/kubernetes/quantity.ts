// Amounts as Kubernetes writes them: `12Gi`, `500M`, `47093746742`.

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1 / 1_000,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1_024,
  Mi: 1_024 ** 2,
  Gi: 1_024 ** 3,
  Ti: 1_024 ** 4,
  Pi: 1_024 ** 5,
};

/** The number behind a quantity; null for anything else. */
export function parseQuantity(text: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-z]{0,2})$/.exec(text) ?? [];
  const factor = FACTORS[unit];
  return amount === undefined || factor === undefined ? null : Number(amount) * factor;
}
