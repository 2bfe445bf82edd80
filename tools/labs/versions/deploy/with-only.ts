export const VERSIONS_FILE = '/contracts/dist/payment-completed-versions.js';

const LIST = /(PAYMENT_COMPLETED_VERSIONS = \[)\s*1,\s*2\s*(\])/;

/**
 * The module that lists the versions of `payment.completed`, with one of them.
 * @throws Error if its list is another one: a release that is no other release proves nothing.
 */
export function withOnly(version: string, source: string): string {
  if (!LIST.test(source)) throw new Error(`no list of the versions 1 and 2 in ${VERSIONS_FILE}`);
  return source.replace(LIST, `$1${version}$2`);
}
