import type { IncomingHttpHeaders } from 'node:http';

/** The user of a demo token, from its content only: the baselines do not check its signature. */
export function callerOf({ authorization = '' }: IncomingHttpHeaders): {
  userId: string;
  email: string;
} {
  const [, claims = ''] = authorization.split('.');
  const { sub, email } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    sub: string;
    email: string;
  };
  return { userId: sub, email };
}
