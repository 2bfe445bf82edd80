/** The two statements of a checkout and what they leave for how long, for whoever measures the cost. */
export { claim, type ClaimRequest } from './claim.sql.js';
export { KEYS_KEPT_H } from './expired-keys.js';
export { settle, type Settlement } from './settle.sql.js';
