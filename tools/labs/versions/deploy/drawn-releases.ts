import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { SERVICES, type Release, type ServiceName } from './fleet.js';

/** All consumers, in a drawn order. */
export const drawnOrder = (random: () => number): ConsumerName[] =>
  CONSUMERS.map((name) => ({ name, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name);

/** The old release of payments and of the consumers that a lab deploys. The others are N. */
export const startsAsOf = (order: readonly ConsumerName[]): Record<ServiceName, Release> => {
  const isOld = (service: ServiceName) =>
    service === 'payments' || order.some((name) => name === service);
  return Object.fromEntries(
    SERVICES.map((service) => [service, isOld(service) ? 'N-1' : 'N']),
  ) as Record<ServiceName, Release>;
};
