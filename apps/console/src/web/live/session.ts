import { computed, signal } from '@preact/signals';
import { readToken } from './token.js';

// sessionStorage ends with the tab. A token never goes to localStorage or into an address.
const STORED = 'token';

export const token = signal(sessionStorage.getItem(STORED));
export const claims = computed(() => (token.value === null ? null : readToken(token.value)));
export const isOperator = computed(() => claims.value?.isOperator === true);

/** Tokens with which an operator pays in the Shop, by customer. Kept in memory only. */
export const customerTokens = signal<Record<string, string>>({});

export function signIn(fresh: string): void {
  sessionStorage.setItem(STORED, fresh);
  token.value = fresh;
}

export function signOut(): void {
  sessionStorage.removeItem(STORED);
  token.value = null;
  customerTokens.value = {};
}

/** The token that pays for this customer: the visitor's own, or the one of a second sign-in. */
export function tokenOf(customer: string): string | undefined {
  const own = claims.value;
  if (own && !own.isOperator && own.userId === customer) return token.value ?? undefined;
  return customerTokens.value[customer];
}

const meta = (name: string) =>
  document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? '';

/** Where the browser reaches payments. */
export const paymentsUrl = meta('payments-url').replace(/\/$/, '');
/** Demo sign-in exists only where the server allows it. */
export const hasDemoControls = meta('demo-controls') === '1';
