import { dedupWindow } from './dedup-window/dedup-window.js';
import type { Lab } from './lab.js';
import { mailWindow } from './mail-window/mail-window.js';
import { order } from './order/order.js';
import { poison } from './poison/poison.js';
import { semantics } from './semantics/semantics.js';
import { transactions } from './transactions/transactions.js';
import { evolution } from './versions/evolution/evolution.js';
import { rollout } from './versions/rollout/rollout.js';
import { zombie } from './zombie/zombie.js';

/** In the order of `npm run lab`. */
export const LABS: readonly Lab[] = [
  semantics,
  mailWindow,
  poison,
  order,
  zombie,
  transactions,
  dedupWindow,
  evolution,
  rollout,
];
