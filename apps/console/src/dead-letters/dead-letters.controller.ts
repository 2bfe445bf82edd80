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
import { DeadLetters, type Action, type Listed, type Overview, type Page } from './dead-letters.js';
import { READ_LETTER, shown, type ReadLetter } from './letter-record.js';
import { OperatorPath, type Decided } from './commands.js';
import { asConsumer, asDiscard, asList, asPage, asRedrive } from './requests.js';

@Controller('api/dlq')
@UseGuards(OperatorGuard)
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly operatorPath: OperatorPath,
    @Inject(READ_LETTER) private readonly readLetter: ReadLetter,
  ) {}

  @Get()
  async overview(): Promise<{ consumers: Overview[] }> {
    return { consumers: await this.deadLetters.overview() };
  }

  /** Who decided what, and when. */
  @Get('actions')
  async actions(@Query() query: unknown): Promise<Page<Action>> {
    return await this.deadLetters.actions(asPage(query));
  }

  @Get('actions/:id')
  async action(@Param('id') id: string): Promise<Action> {
    const action = /^\d{1,18}$/.test(id) ? await this.deadLetters.action(id) : undefined;
    if (!action) throw notFound('There is no such action.');
    return action;
  }

  @Get(':consumer')
  async list(@Param('consumer') consumer: string, @Query() query: unknown): Promise<Page<Listed>> {
    return await this.deadLetters.list(asConsumer(consumer), asList(query));
  }

  /** With its record, unless that has left the topic. */
  @Get(':consumer/:id')
  async show(@Param('consumer') name: string, @Param('id') id: string): Promise<object> {
    const consumer = asConsumer(name);
    const letter = await this.deadLetters.find(consumer, id);
    if (!letter) throw notFound(`${consumer} has no dead letter ${id.slice(0, 30)}.`);
    const record = await this.readLetter(consumer, letter);
    return { ...letter, record: record ? shown(record) : null };
  }

  /** 202 with an action that goes on by itself; `GET /api/dlq/actions/{id}` says how far it has got. */
  @Post(':consumer/redrive')
  async redrive(
    @AuthenticatedCaller() { userId }: Caller,
    @Param('consumer') consumer: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Decided> {
    const asked = { consumer: asConsumer(consumer), operator: userId };
    const decided = await this.operatorPath.redrive(asked, asRedrive(body));
    reply.status(decided.action ? 202 : 200);
    if (decided.action) reply.header('location', `/api/dlq/actions/${decided.action.id}`);
    return decided;
  }

  @Post(':consumer/discard')
  @HttpCode(200)
  async discard(
    @AuthenticatedCaller() { userId }: Caller,
    @Param('consumer') consumer: string,
    @Body() body: unknown,
  ): Promise<Decided> {
    const asked = { consumer: asConsumer(consumer), operator: userId };
    return await this.operatorPath.discard(asked, asDiscard(body));
  }
}

const notFound = (detail: string) => new Problem('not_found', { status: 404, detail });
