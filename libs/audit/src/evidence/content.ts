import type { PointsEntryRow, SearchDocument } from './evidence.js';

/** User, amount and currency in one string. Every store that keeps a copy must agree on it. */
export const contentOf = ({ userId, amountMinor, currency }: PointsEntryRow | SearchDocument) =>
  `${amountMinor} ${currency} of user ${userId}`;
