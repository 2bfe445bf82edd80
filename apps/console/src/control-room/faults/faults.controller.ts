import {
  AuthenticatedCaller,
  OperatorGuard,
  parseRequest,
  type Caller,
} from '@effectively-once/platform';
import { faultRequest } from '@effectively-once/scenarios';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import type { Faults } from '../wire/faults.js';
import { FaultBoard } from './fault-board.js';

export const planRequest = z.strictObject({ seed: z.string().max(64) });

/** Exists only in demo mode (see isDemo). */
@Controller('api/faults')
@UseGuards(OperatorGuard)
export class FaultBoardController {
  constructor(private readonly board: FaultBoard) {}

  @Get()
  async list(): Promise<Faults> {
    return await this.board.list();
  }

  /** Answers when it is broken. It is reverted by itself after `seconds`. */
  @Post()
  @HttpCode(201)
  async inject(@Body() body: unknown, @AuthenticatedCaller() caller: Caller): Promise<Faults> {
    return await this.board.inject(caller.userId, parseRequest(faultRequest, body));
  }

  /** The scheduler: one fault after the other, as the seed says. */
  @Post('plan')
  @HttpCode(202)
  async plan(@Body() body: unknown, @AuthenticatedCaller() caller: Caller): Promise<Faults> {
    return await this.board.startPlan(caller.userId, parseRequest(planRequest, body).seed);
  }

  /** What is broken then ends by itself. */
  @Delete('plan')
  async endPlan(): Promise<Faults> {
    return await this.board.stopPlan();
  }

  /** Answers when it works again. */
  @Delete(':id')
  async revert(@Param('id') id: string, @AuthenticatedCaller() caller: Caller): Promise<Faults> {
    return await this.board.revert(caller.userId, id);
  }
}
