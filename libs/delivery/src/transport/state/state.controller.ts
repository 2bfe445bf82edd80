import type { ConsumerReport, DeliveryTrace } from '@effectively-once/contracts';
import {
  Controller,
  Get,
  Inject,
  Query,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { LaneTransport } from '../lane-transport.js';

/** Refuses all callers but the console. The app brings it, because delivery knows no tokens. */
export const STATE_GUARD = Symbol('STATE_GUARD');

class StateGuard implements CanActivate {
  constructor(@Inject(STATE_GUARD) private readonly guard: CanActivate) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.guard.canActivate(context);
  }
}

/** What the consumer says of itself, for the control room. It changes nothing. */
@Controller('internal/state')
@UseGuards(StateGuard)
export class ConsumerStateController {
  constructor(@Inject(LaneTransport) private readonly transport: LaneTransport) {}

  @Get()
  state(): ConsumerReport {
    return this.transport.report();
  }

  /** The latest deliveries of one payment, newest first. Empty if the process knows none. */
  @Get('deliveries')
  deliveries(@Query('paymentId') paymentId: unknown): { items: DeliveryTrace[] } {
    return { items: typeof paymentId === 'string' ? this.transport.traces.of(paymentId) : [] };
  }
}
