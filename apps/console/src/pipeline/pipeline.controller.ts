import { OperatorGuard } from '@effectively-once/platform';
import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { PIPELINE, readPipeline, type Pipeline } from './pipeline.js';

@Controller('api/pipeline')
@UseGuards(OperatorGuard)
export class PipelineController {
  constructor(@Inject(PIPELINE) private readonly pipeline: Pipeline) {}

  /** The state of each link between the outbox and the consumers. */
  @Get()
  async now(): Promise<Record<string, unknown>> {
    return await readPipeline(this.pipeline);
  }
}
