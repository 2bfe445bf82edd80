import {
  AuthenticatedCaller,
  CallerGuard,
  Problem,
  toProblem,
  type Caller,
} from '@effectively-once/platform';
import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerHeaders } from '../payment/answer.js';
import { checkoutOrder, usableAddress } from './order.js';
import { Checkout, type CheckoutAnswer } from './checkout.js';
import { idempotencyKey } from './idempotency-key.js';
import { LoadShedding } from './load-shedding.js';
import { checkoutDuration, checkoutRequests } from '../runtime/metrics.js';
import { databaseDownAsProblem } from '../http/payments-errors.js';
import { RateLimit } from './rate-limit.js';
import { traceparent } from '../http/traceparent.js';

@Controller('v1/payments')
export class CheckoutController {
  constructor(
    private readonly checkout: Checkout,
    private readonly rateLimit: RateLimit,
    private readonly loadShedding: LoadShedding,
  ) {}

  @Post()
  @UseGuards(CallerGuard)
  async pay(
    @AuthenticatedCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const pay = async () => {
      this.rateLimit.take(caller.userId);
      return await this.checkout.pay({
        userId: caller.userId,
        tokenEmail: usableAddress(caller.email),
        idempotencyKey: idempotencyKey(request.headers['idempotency-key']),
        order: checkoutOrder(jsonBody(request)),
        traceparent: traceparent(request.headers['traceparent']),
      });
    };
    // A refusal is no checkout: thousands of fast ones would hide how slow the others are.
    const answer = await this.loadShedding.admit(() => counted(pay));
    reply.status(answer.status).headers(answerHeaders(answer));
    if (answer.replayed) reply.header('idempotent-replayed', 'true');
    await reply.send(answer.body);
  }
}

async function counted(pay: () => Promise<CheckoutAnswer>): Promise<CheckoutAnswer> {
  const stop = checkoutDuration.startTimer();
  let outcome = 'internal_error';
  try {
    const answer = await pay();
    outcome = answer.replayed ? 'replayed' : outcomeOf(answer.status);
    return answer;
  } catch (error) {
    const problem = databaseDownAsProblem(error);
    if (problem instanceof Problem) outcome = problem.code;
    throw problem;
  } finally {
    stop();
    checkoutRequests.inc({ outcome });
  }
}

/**
 * Fastify also parses text and forms. Their faults would be reported as those of a JSON body.
 * @throws Problem `unsupported_media_type`.
 */
function jsonBody({ headers, body }: FastifyRequest): unknown {
  if (/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return body;
  throw toProblem({ statusCode: 415 });
}

function outcomeOf(status: number): string {
  if (status === 201) return 'completed';
  return status === 202 ? 'unknown' : 'not_charged';
}
