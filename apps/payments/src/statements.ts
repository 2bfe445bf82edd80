/** The two statements of a checkout, for whoever measures what they cost without the rest. */
export { claim, type ClaimRequest } from './claim.sql.js';
export { settle, type Settlement } from './settle.sql.js';
