import { timingSafeEqual, createHash } from 'node:crypto';
import { USER_ID, USER_ID_RULE } from '@effectively-once/contracts/user-id';
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
import { ALGORITHM, AUDIENCE, ISSUER, type Caller } from '../token.js';

// Clocks of our servers and of the identity provider differ.
export const CLOCK_TOLERANCE_S = 60;

export interface VerifiedToken {
  caller: Caller;
  /** Unix seconds, with the tolerance. */
  expiresAt: number;
}

// When the cache is full, it drops the tokens that were verified first. They are verified again.
const VERIFIED_MAX = 10_000;

/**
 * Verifies tokens, and caches valid ones until they expire. A customer sends one token with many
 * requests, and checking its signature costs as much as the rest of reading a request.
 */
export class TokenVerifier {
  private readonly verified = new Map<string, VerifiedToken>();

  constructor(private readonly secret: string) {}

  /** @throws Problem `unauthorized` if this is not a valid, unexpired token of our issuer. */
  async verify(token: string): Promise<VerifiedToken> {
    const known = this.verified.get(token);
    if (known && Date.now() / 1_000 < known.expiresAt) return known;
    this.verified.delete(token);
    const verified = await verifyToken(this.secret, token);
    this.verified.set(token, verified);
    const oldest = this.verified.keys().next();
    if (this.verified.size > VERIFIED_MAX && !oldest.done) this.verified.delete(oldest.value);
    return verified;
  }
}

async function verifyToken(secret: string, token: string): Promise<VerifiedToken> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    // jose checks no type. A number would be refused by the database, after the checkout began.
    const userId: unknown = payload.sub;
    if (typeof userId !== 'string' || !USER_ID.test(userId)) {
      throw unauthorized(undefined, `The sub of the token must be text of ${USER_ID_RULE}.`);
    }
    const caller: Caller = {
      userId,
      role: payload['role'] === 'operator' ? 'operator' : 'customer',
      ...(typeof payload['email'] === 'string' ? { email: payload['email'] } : {}),
    };
    return { caller, expiresAt: (payload.exp as number) + CLOCK_TOLERANCE_S };
  } catch (error) {
    if (error instanceof errors.JOSEError) throw unauthorized(error);
    throw error;
  }
}

export function unauthorized(cause?: unknown, detail = 'A valid bearer token is needed.'): Problem {
  return new Problem('unauthorized', {
    status: 401,
    detail,
    headers: { 'www-authenticate': 'Bearer' },
    cause,
  });
}

function bearer(request: FastifyRequest): string {
  // RFC 9110 §11.4 allows several spaces.
  const match = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '');
  if (!match?.[1]) throw unauthorized();
  return match[1];
}

/**
 * A module that uses a guard provides `{ provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET }`.
 */
export const AUTH_SECRET = Symbol('AUTH_SECRET');

type WithCaller = FastifyRequest & { verified?: VerifiedToken };

/** Allows every caller with a valid token. */
@Injectable()
export class CallerGuard implements CanActivate {
  private readonly tokens: TokenVerifier;

  constructor(@Inject(AUTH_SECRET) secret: string) {
    this.tokens = new TokenVerifier(secret);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WithCaller>();
    request.verified = await this.tokens.verify(bearer(request));
    return true;
  }
}

/** Allows operators only. */
@Injectable()
export class OperatorGuard implements CanActivate {
  private readonly tokens: TokenVerifier;

  constructor(@Inject(AUTH_SECRET) secret: string) {
    this.tokens = new TokenVerifier(secret);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WithCaller>();
    request.verified = await this.tokens.verify(bearer(request));
    if (request.verified.caller.role !== 'operator') {
      throw new Problem('forbidden', { status: 403, detail: 'This is for operators.' });
    }
    return true;
  }
}

/** The caller that a guard has verified, as a parameter of the handler. */
export const AuthenticatedCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return verifiedIn(context).caller;
});

/** When the token of the request expires, in Unix seconds: an answer without an end ends then. */
export const TokenExpiry = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return verifiedIn(context).expiresAt;
});

function verifiedIn(context: ExecutionContext): VerifiedToken {
  const { verified } = context.switchToHttp().getRequest<WithCaller>();
  if (!verified) throw new Error('this route reads the caller without a guard');
  return verified;
}

/** Allows the caller that has this token, which is shared by two of our own services. */
export class TokenGuard implements CanActivate {
  constructor(private readonly expected: string) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!isServiceToken(request, this.expected)) throw unauthorized();
    return true;
  }
}

/** Compares digests in constant time, so that timing reveals neither content nor length. */
export function isServiceToken(request: FastifyRequest, expected: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(bearer(request)), digest(expected));
}
