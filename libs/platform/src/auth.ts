import { timingSafeEqual, createHash } from 'node:crypto';
import {
  createParamDecorator,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { errors, jwtVerify } from 'jose';
import { Problem } from './problem.js';
import { ALGORITHM, AUDIENCE, ISSUER, type Caller } from './token.js';

const USER_ID = /^[A-Za-z0-9_-]{1,64}$/;

interface VerifiedToken {
  caller: Caller;
  /** Unix seconds. */
  expiresAt: number;
}

// The least recently verified are forgotten first, and verified again.
const VERIFIED_MAX = 10_000;

/**
 * Verifies tokens, and remembers those that were good until they expire: a customer sends one token with
 * many requests, and its signature costs as much as the rest of reading one.
 */
export class TokenVerifier {
  private readonly verified = new Map<string, VerifiedToken>();

  constructor(private readonly secret: string) {}

  /** @throws Problem `unauthorized` for anything but a live token of ours. */
  async verify(token: string): Promise<Caller> {
    const known = this.verified.get(token);
    if (known && Date.now() / 1_000 < known.expiresAt) return known.caller;
    this.verified.delete(token);
    const verified = await verifyToken(this.secret, token);
    this.verified.set(token, verified);
    const oldest = this.verified.keys().next();
    if (this.verified.size > VERIFIED_MAX && !oldest.done) this.verified.delete(oldest.value);
    return verified.caller;
  }
}

async function verifyToken(secret: string, token: string): Promise<VerifiedToken> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'exp'],
    });
    if (!USER_ID.test(payload.sub ?? '')) throw unauthorized();
    const caller: Caller = {
      userId: payload.sub as string,
      role: payload['role'] === 'operator' ? 'operator' : 'customer',
      ...(typeof payload['email'] === 'string' ? { email: payload['email'] } : {}),
    };
    return { caller, expiresAt: payload.exp as number };
  } catch (error) {
    if (error instanceof errors.JOSEError) throw unauthorized(error);
    throw error;
  }
}

export function unauthorized(cause?: unknown): Problem {
  return new Problem('unauthorized', {
    status: 401,
    detail: 'A valid bearer token is needed.',
    headers: { 'www-authenticate': 'Bearer' },
    cause,
  });
}

function bearer(request: FastifyRequest): string {
  const match = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '');
  if (!match?.[1]) throw unauthorized();
  return match[1];
}

/** Provide `{ provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET }` where the guard is used. */
export const AUTH_SECRET = Symbol('AUTH_SECRET');

type WithCaller = FastifyRequest & { caller?: Caller };

/** Lets in whoever has a token of ours. */
@Injectable()
export class CallerGuard implements CanActivate {
  private readonly tokens: TokenVerifier;

  constructor(@Inject(AUTH_SECRET) secret: string) {
    this.tokens = new TokenVerifier(secret);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WithCaller>();
    request.caller = await this.tokens.verify(bearer(request));
    return true;
  }
}

/** Lets in operators only. */
@Injectable()
export class OperatorGuard implements CanActivate {
  private readonly tokens: TokenVerifier;

  constructor(@Inject(AUTH_SECRET) secret: string) {
    this.tokens = new TokenVerifier(secret);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WithCaller>();
    request.caller = await this.tokens.verify(bearer(request));
    if (request.caller.role !== 'operator') {
      throw new Problem('forbidden', { status: 403, detail: 'This is for operators.' });
    }
    return true;
  }
}

/** The caller a guard let in, as a handler's parameter. */
export const AuthenticatedCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { caller } = context.switchToHttp().getRequest<WithCaller>();
  if (!caller) throw new Error('a route asks for its caller without a guard before it');
  return caller;
});

/** Compares in constant time, whatever the lengths. */
export function isServiceToken(request: FastifyRequest, expected: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(bearer(request)), digest(expected));
}
