import { USER_ID } from '@effectively-once/contracts';
import { AUTH_SECRET, demoAddress, mintToken, parseRequest } from '@effectively-once/platform';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { z } from 'zod';

const TTL_S = 12 * 3_600;

const signIn = z.strictObject({
  role: z.enum(['operator', 'customer']),
  user: z.string().regex(USER_ID).optional(),
});

/** Exists only in demo mode (see isDemo). */
@Controller('api/demo')
export class DemoController {
  constructor(@Inject(AUTH_SECRET) private readonly secret: string) {}

  /** A token of a demo user, valid for 12 hours. */
  @Post('sign-in')
  @HttpCode(200)
  async signIn(@Body() body: unknown): Promise<{ token: string }> {
    const { role, user } = parseRequest(signIn, body);
    const userId = user ?? (role === 'operator' ? 'demo-operator' : 'alice');
    const caller = { userId, role, email: demoAddress(userId) };
    return { token: await mintToken(this.secret, caller, { ttlS: TTL_S }) };
  }
}
