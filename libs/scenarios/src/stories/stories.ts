import { CHECKOUT_STORIES } from './checkout-stories.js';
import { DELIVERY_STORIES } from './delivery-stories.js';
import { MISTAKE_STORIES } from './mistake-stories.js';
import type { Scenario } from './scenario.js';

/** Every story, in the order in which a visitor should see them. */
export const SCENARIOS: readonly Scenario[] = [
  ...CHECKOUT_STORIES,
  ...DELIVERY_STORIES,
  ...MISTAKE_STORIES,
];
