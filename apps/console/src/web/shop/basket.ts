/** The demo customers, with the address that their token carries. */
export const DEMO_CUSTOMERS = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;

/** Stripe's test payment methods (https://docs.stripe.com/testing) that the simulated PSP knows. */
export const TEST_CARDS = [
  { id: 'pm_card_visa', name: 'Visa, pays' },
  { id: 'pm_card_mastercard', name: 'Mastercard, pays' },
  { id: 'pm_card_visa_chargeDeclined', name: 'Visa, declined' },
  { id: 'pm_card_visa_chargeDeclinedInsufficientFunds', name: 'Visa, no funds' },
  { id: 'pm_card_chargeDeclinedExpiredCard', name: 'Visa, expired' },
] as const;

export const SHOP_CURRENCIES = ['EUR', 'USD', 'GBP', 'JPY'] as const;

export const ITEMS = [
  { name: 'Espresso cup', art: 'cup', priceMinor: 1_299 },
  { name: 'Field notebook', art: 'book', priceMinor: 850 },
  { name: 'Desk plant', art: 'plant', priceMinor: 2_450 },
] as const;

export type ItemArt = (typeof ITEMS)[number]['art'];

export interface Basket {
  customer: string;
  orderId: string;
  /** How many of each of ITEMS. */
  counts: number[];
  amountMinor: number;
  currency: string;
  card: string;
  /** One key per basket: whatever is clicked, it is one intention to pay. */
  idempotencyKey: string;
}

/** The body of `POST /v1/payments`. */
export interface PayBody {
  orderId: string;
  amountMinor: number;
  currency: string;
  paymentMethod: string;
}

export function newBasket(kept: { customer: string; currency?: string; card?: string }): Basket {
  const counts = [1, 1, 0];
  return {
    customer: kept.customer,
    orderId: `order-${crypto.randomUUID().slice(0, 8)}`,
    counts,
    amountMinor: totalMinor(counts),
    currency: kept.currency ?? 'EUR',
    card: kept.card ?? TEST_CARDS[0].id,
    idempotencyKey: crypto.randomUUID(),
  };
}

export const totalMinor = (counts: readonly number[]): number =>
  ITEMS.reduce((sum, { priceMinor }, index) => sum + priceMinor * (counts[index] ?? 0), 0);

export const bodyOf = (basket: Basket): PayBody => ({
  orderId: basket.orderId,
  amountMinor: basket.amountMinor,
  currency: basket.currency,
  paymentMethod: basket.card,
});
