/** What the page reads from its own token. The server checks the token; the page only obeys it. */
export interface TokenClaims {
  userId: string;
  isOperator: boolean;
  /** Milliseconds since 1970; null if the token does not say. */
  expiresAtMs: number | null;
}

/** @returns null if this is not a JSON Web Token (RFC 7519) with a subject. */
export function readToken(token: string): TokenClaims | null {
  const [, payload, signature] = token.split('.');
  if (!payload || !signature) return null;
  try {
    const bytes = Uint8Array.from(
      atob(payload.replaceAll('-', '+').replaceAll('_', '/')),
      (character) => character.charCodeAt(0),
    );
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (typeof claims['sub'] !== 'string') return null;
    const exp = claims['exp'];
    return {
      userId: claims['sub'],
      isOperator: claims['role'] === 'operator',
      expiresAtMs: typeof exp === 'number' ? exp * 1_000 : null,
    };
  } catch {
    // Not base64url, or not JSON: a text that the visitor pasted by mistake.
    return null;
  }
}
