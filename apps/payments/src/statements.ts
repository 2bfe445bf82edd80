/** The two statements of a checkout and what they leave for how long, for whoever measures the cost. */
export { claim, type ClaimRequest } from './checkout/claim.sql.js';
export { KEYS_KEPT_H } from './checkout/expired-keys.js';
export { finalize as settle, type Finalization as Settlement } from './payment/finalize.sql.js';
