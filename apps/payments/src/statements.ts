/** The two statements of a checkout and what they leave for how long, for whoever measures the cost. */
export { claim, type ClaimRequest } from './checkout/claim.sql.js';
export { KEYS_KEPT_H } from './checkout/expired-keys.js';
export { settle, type Settlement } from './payment/finalize.sql.js';
