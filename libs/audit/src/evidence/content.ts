import type { PointsEntry, SearchDocument } from './evidence.js';

/** What a payment is about, as whatever store keeps a copy of it has to say. */
export const contentOf = ({ userId, amountMinor, currency }: PointsEntry | SearchDocument) =>
  `${amountMinor} ${currency} of user ${userId}`;
