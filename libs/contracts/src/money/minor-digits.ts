/**
 * The digits of the minor unit of currencies that do not have two, by ISO 4217; currencies.ts names
 * the source. A file of its own, because the pages of the control room need no more than this.
 */
export const OTHER_THAN_TWO: Record<number, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Two for a code that we do not know, such as one that a later version of the standard adds. */
export function minorDigits(currency: string): number {
  const is = ([, codes]: [string, string]) => codes.split(' ').includes(currency);
  return Number(Object.entries(OTHER_THAN_TWO).find(is)?.[0] ?? 2);
}
