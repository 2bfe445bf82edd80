import { OperatorGuard } from '@effectively-once/platform';
import { Controller, Get, UseGuards } from '@nestjs/common';
import type { ConsumerStates } from '../wire/overview.js';
import { AskConsumers } from './ask-consumers.js';

@Controller('api/consumers')
@UseGuards(OperatorGuard)
export class ConsumersController {
  constructor(private readonly consumers: AskConsumers) {}

  /** What each consumer says of itself now; `report` is null for one that does not answer. */
  @Get()
  async states(): Promise<ConsumerStates> {
    return await this.consumers.states();
  }
}
