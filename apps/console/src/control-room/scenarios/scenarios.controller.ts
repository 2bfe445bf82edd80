import { OperatorGuard } from '@effectively-once/platform';
import type { ScenarioRun } from '@effectively-once/scenarios';
import { Controller, Delete, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import type { Scenarios } from '../wire/scenarios.js';
import { ScenarioRunner } from './scenario-runner.js';

/** Exists only in demo mode (see isDemo): stories break things. */
@Controller('api')
@UseGuards(OperatorGuard)
export class ScenariosController {
  constructor(private readonly runner: ScenarioRunner) {}

  @Get('scenarios')
  list(): Scenarios {
    return this.runner.list();
  }

  @Post('scenarios/:name/runs')
  @HttpCode(202)
  start(@Param('name') name: string): ScenarioRun {
    return this.runner.start(name);
  }

  @Get('scenario-runs/:id')
  run(@Param('id') id: string): ScenarioRun {
    return this.runner.run(id);
  }

  @Delete('scenario-runs/:id')
  stop(@Param('id') id: string): ScenarioRun {
    return this.runner.stop(id);
  }
}
