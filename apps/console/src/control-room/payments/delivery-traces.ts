import type { ConsumerName, DeliveryTrace } from '@effectively-once/contracts';

/** The latest deliveries of one payment, as the consumers themselves report them. */
export interface DeliveryTraces {
  /** A consumer that does not answer, or has forgotten the payment, is absent. */
  of(paymentId: string): Promise<Map<ConsumerName, DeliveryTrace[]>>;
}
export const DELIVERY_TRACES = Symbol('DELIVERY_TRACES');
