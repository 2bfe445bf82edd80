import { OperatorGuard, Problem } from '@effectively-once/platform';
import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import type { PaymentEvidence, PaymentList } from '../wire/evidence.js';
import { PaymentSummaries } from './payment-summaries.js';
import { asPaymentId, asPaymentsQuery } from './requests.js';

/** Everything about one payment; undefined if there is no such payment. */
export type ReadEvidence = (id: string) => Promise<PaymentEvidence | undefined>;
export const READ_EVIDENCE = Symbol('READ_EVIDENCE');

@Controller('api/payments')
@UseGuards(OperatorGuard)
export class PaymentEvidenceController {
  constructor(
    private readonly summaries: PaymentSummaries,
    @Inject(READ_EVIDENCE) private readonly readEvidence: ReadEvidence,
  ) {}

  /** A page of 50, newest first. */
  @Get()
  async list(@Query() query: unknown): Promise<PaymentList> {
    return await this.summaries.list(asPaymentsQuery(query));
  }

  @Get(':id')
  async one(@Param('id') id: string): Promise<PaymentEvidence> {
    const evidence = await this.readEvidence(asPaymentId(id));
    if (evidence) return evidence;
    throw new Problem('not_found', { status: 404, detail: 'There is no such payment.' });
  }
}
