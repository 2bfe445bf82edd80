import { SignJWT } from 'jose';

export const ISSUER = 'effectively-once';
export const AUDIENCE = 'payments';
// Pinned, because a token that chooses its own algorithm can choose "none" (RFC 8725 §3.1).
export const ALGORITHM = 'HS256';

/** The caller, as the token proves it. */
export interface Caller {
  userId: string;
  role: 'customer' | 'operator';
  email?: string;
}

/** An address for a demo token. Not every user id can stand before an @. */
export const demoAddress = (userId: string): string =>
  `${userId.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64)}@example.com`;

/**
 * Mints a token like the demo's identity provider. Without a framework, so that a command starts
 * fast.
 */
export async function mintToken(
  secret: string,
  caller: Caller,
  options: { ttlS: number },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({
    ...(caller.role === 'operator' ? { role: 'operator' } : {}),
    ...(caller.email ? { email: caller.email } : {}),
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setSubject(caller.userId)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + options.ttlS)
    .sign(new TextEncoder().encode(secret));
}
