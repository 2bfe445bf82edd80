import {
  AuthenticatedCaller,
  OperatorGuard,
  parseRequest,
  Problem,
  type Caller,
} from '@effectively-once/platform';
import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { Refunds } from './refunds.js';

const REASON_MAX = 500;
const closing = z.strictObject({
  reason: z
    .string()
    .trim()
    .min(1, 'must say how the customer was paid')
    .max(REASON_MAX)
    .refine((given) => !given.includes('\0'), 'must not have the character U+0000'),
});
/** As the PSP writes them. */
const CAPTURE = /^[A-Za-z0-9_]{1,255}$/;
const REFUSED = {
  not_owed: [409, 'Nothing was closed: no refund of this capture is owed.'],
  refund_lives: [409, 'Nothing was closed: a refund of this capture lives at the PSP.'],
  psp_unavailable: [503, 'Nothing was closed: the PSP does not say whether a refund lives.'],
} as const;

/** What an operator decides about refunds. */
@Controller('internal/refunds')
@UseGuards(OperatorGuard)
export class RefundsController {
  constructor(private readonly refunds: Refunds) {}

  /** Closes a debt that was paid in another way, with the operator and the reason on record. */
  @Post(':capture/close')
  @HttpCode(200)
  async close(
    @AuthenticatedCaller() { userId }: Caller,
    @Param('capture') capture: string,
    @Body() body: unknown,
  ): Promise<{ capture: string; status: 'paid_otherwise' }> {
    const { reason } = parseRequest(closing, body);
    const outcome = CAPTURE.test(capture)
      ? await this.refunds.close(capture, { operator: userId, reason })
      : 'not_owed';
    if (outcome === 'closed') return { capture, status: 'paid_otherwise' };
    const [status, detail] = REFUSED[outcome];
    throw new Problem(`refund_${outcome}`, { status, detail });
  }
}
