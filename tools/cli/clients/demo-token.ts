import { USER_ID } from '@effectively-once/contracts';
import { demoAddress, mintToken } from '@effectively-once/platform/token';
import type { Environment } from '../../stack/environment.js';

const TTL_S = 12 * 3_600;

/**
 * A token for a demo user. Payments mails the receipt to its `email` claim if neither the request
 * nor the customer record has an address.
 */
export async function demoToken(
  environment: Environment,
  caller: { userId: string; role: 'customer' | 'operator' },
): Promise<string> {
  const email = demoAddress(caller.userId);
  return await mintToken(
    environment.settings.AUTH_JWT_SECRET,
    { ...caller, email },
    { ttlS: TTL_S },
  );
}

/** For the person at this terminal: $USER is on record for what is decided. */
export async function operatorToken(environment: Environment): Promise<string> {
  const user = environment.given['USER'] ?? '';
  const userId = USER_ID.test(user) ? user : 'operator';
  return await demoToken(environment, { userId, role: 'operator' });
}
