import { SignJWT } from 'jose';

export const ISSUER = 'effectively-once';
export const AUDIENCE = 'payments';
// Pinned: a token that names its own algorithm is a token that can choose "none" (RFC 8725 §3.1).
export const ALGORITHM = 'HS256';

/** Who is asking, as far as the token proves it. */
export interface Caller {
  userId: string;
  role: 'customer' | 'operator';
  email?: string;
}

/** A token as the demo's identity provider would give it. Needs no framework, so a command can use it at once. */
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
