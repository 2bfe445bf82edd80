import { OperatorGuard } from '@effectively-once/platform';
import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { PIPELINE, type Pipeline } from './pipeline.js';

@Controller('api/pipeline')
@UseGuards(OperatorGuard)
export class PipelineController {
  constructor(@Inject(PIPELINE) private readonly pipeline: Pipeline) {}

  /** Where events are between the outbox and the consumers, link by link. */
  @Get()
  async now() {
    return await this.pipeline();
  }
}
