/**
 * What must hold for a receipt to be mailed. Payments checks it before the charge and email before
 * the mail, with this same code: what one accepts, the other can use.
 */
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';

/**
 * An address of RFC 5321: a dot-atom of at most 64 characters, and the name of a domain (RFC 1035),
 * at most 254 together. For JavaScript and for PostgreSQL, which checks stored addresses.
 */
export const ADDRESS_PATTERN =
  `^(?=[^@]{1,64}@)(?=[^@]+@[^@]+$)(?=[!-~]{3,254}$)` +
  `${ATOM}(?:[.]${ATOM})*@(?:${LABEL}[.])+(?![0-9]+$)${LABEL}$`;
const ADDRESS = new RegExp(ADDRESS_PATTERN);

/** Why no receipt can be mailed to this address. Undefined: one can. */
export function addressFault(address: string): string | undefined {
  if (ADDRESS.test(address)) return undefined;
  if (/^[^@\s]+@[^@\s]+$/.test(address) && /[^ -~]/.test(address)) {
    return 'has characters outside ASCII, which our mail provider is not asked to take (RFC 6531, SMTPUTF8); a domain can be written as xn--…';
  }
  if (/^".*"@/.test(address)) return 'has a quoted name before the @, which is not supported';
  if (/@\[.*\]$/.test(address)) return 'has an IP address behind the @, which is not supported';
  if (address.length > 254 || address.indexOf('@') > 64) return 'is too long';
  return 'must be an e-mail address';
}

const FALLBACK_LOCALE = 'en';

/**
 * The locale as Intl knows it: `de-DE` for the `de_DE.UTF-8` that other systems store, and English
 * for what is no locale. A receipt in the wrong language is better than none.
 */
export function usableLocale(stored: string): string {
  const tag = stored.split(/[.@]/, 1)[0]?.replaceAll('_', '-') ?? '';
  try {
    // Without this, Intl would use the language of the machine for one that it does not know.
    return Intl.NumberFormat.supportedLocalesOf(tag)[0] ?? FALLBACK_LOCALE;
  } catch {
    return FALLBACK_LOCALE;
  }
}
