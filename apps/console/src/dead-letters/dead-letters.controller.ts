import {
  AuthenticatedCaller,
  OperatorGuard,
  Problem,
  type Caller,
} from '@effectively-once/platform';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type {
  CauseList,
  DeadLetterSummary,
  Decision,
  OperatorAction,
  ResultPage,
} from '../control-room/wire/dead-letters.js';
import { DeadLetterCauses } from './causes.js';
import { DeadLetters, type DeadLetterOverview } from './dead-letters.js';
import { READ_LETTER, shown, type ReadLetter } from './letter-record.js';
import { DeadLetterCommands } from './commands/commands.js';
import {
  asCauses,
  asConsumer,
  asDiscard,
  asList,
  asPage,
  asRedrive,
  isLetterId,
} from './requests.js';

@Controller('api/dlq')
@UseGuards(OperatorGuard)
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly causes: DeadLetterCauses,
    private readonly commands: DeadLetterCommands,
    @Inject(READ_LETTER) private readonly readLetter: ReadLetter,
  ) {}

  @Get()
  async overview(): Promise<{ consumers: DeadLetterOverview[] }> {
    return { consumers: await this.deadLetters.overview() };
  }

  /** Grouped by consumer, error class and error name. */
  @Get('causes')
  async byCause(@Query() query: unknown): Promise<CauseList> {
    return { items: await this.causes.all(asCauses(query).state) };
  }

  /** The action log: who decided what, and when. */
  @Get('actions')
  async actions(@Query() query: unknown): Promise<ResultPage<OperatorAction<Date>>> {
    return await this.deadLetters.actions(asPage(query));
  }

  @Get('actions/:id')
  async action(@Param('id') id: string): Promise<OperatorAction<Date>> {
    const action = /^\d{1,18}$/.test(id) ? await this.deadLetters.action(id) : undefined;
    if (!action) throw notFound('There is no such action.');
    return action;
  }

  @Get(':consumer')
  async list(
    @Param('consumer') consumer: string,
    @Query() query: unknown,
  ): Promise<ResultPage<DeadLetterSummary<Date>>> {
    return await this.deadLetters.list(asConsumer(consumer), asList(query));
  }

  /** With its record, unless the record has left the topic. */
  @Get(':consumer/:id')
  async show(@Param('consumer') name: string, @Param('id') id: string): Promise<object> {
    const consumer = asConsumer(name);
    const found = isLetterId(id) ? await this.deadLetters.find(consumer, id) : undefined;
    if (!found) throw notFound(`${consumer} has no dead letter ${id.slice(0, 30)}.`);
    const { isRecordGone, ...letter } = found;
    const record = isRecordGone ? undefined : await this.readLetter(consumer, letter);
    return { ...letter, record: record ? shown(record) : null };
  }

  /**
   * 202 with an action that the console completes; `GET /api/dlq/actions/{id}` shows its progress.
   */
  @Post(':consumer/redrive')
  async redrive(
    @AuthenticatedCaller() { userId }: Caller,
    @Param('consumer') consumer: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Decision<Date>> {
    const context = { consumer: asConsumer(consumer), operator: userId };
    const decision = await this.commands.redrive(context, asRedrive(body));
    reply.status(decision.action ? 202 : 200);
    if (decision.action) reply.header('location', `/api/dlq/actions/${decision.action.id}`);
    return decision;
  }

  @Post(':consumer/discard')
  @HttpCode(200)
  async discard(
    @AuthenticatedCaller() { userId }: Caller,
    @Param('consumer') consumer: string,
    @Body() body: unknown,
  ): Promise<Decision<Date>> {
    const context = { consumer: asConsumer(consumer), operator: userId };
    return await this.commands.discard(context, asDiscard(body));
  }
}

const notFound = (detail: string) => new Problem('not_found', { status: 404, detail });
