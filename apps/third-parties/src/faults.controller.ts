import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { faultsOf, Problem } from '@effectively-once/platform';
import type { z } from 'zod';
import { faultBody, faultQuery, FaultSwitches, VALID_KINDS } from './faults.js';
import { Listeners } from './listeners.js';

/** Fault injection: a test or an operator switches faults of the external systems on and off. */
@Controller('_faults')
export class FaultsController {
  constructor(
    @Inject(FaultSwitches) private readonly faults: FaultSwitches,
    @Inject(Listeners) private readonly listeners: Listeners,
  ) {}

  @Post()
  async set(@Body() body: unknown) {
    const fault = parse(faultBody, body);
    this.faults.set(fault);
    await this.listeners.apply(this.faults);
    if (fault.seconds !== undefined) this.applyAgainAfter(fault.seconds);
    return fault;
  }

  // A port that a fault closed opens again when the fault expires.
  private applyAgainAfter(seconds: number): void {
    setTimeout(() => void this.listeners.apply(this.faults), seconds * 1000 + 1).unref();
  }

  @Get()
  list() {
    return { faults: this.faults.list() };
  }

  /** Answers after a refused port is open again. */
  @Delete(':id')
  async remove(@Param('id') id: string) {
    this.faults.remove(id);
    await this.listeners.apply(this.faults);
    return { faults: this.faults.list() };
  }

  /** The same for all faults, or for all of one target. */
  @Delete()
  async clear(@Query() query: unknown) {
    this.faults.clear(parse(faultQuery, query).target);
    await this.listeners.apply(this.faults);
    return { faults: this.faults.list() };
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = faultsOf(parsed.error);
  throw new Problem('invalid_request', {
    status: 400,
    detail: `Not a fault: ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join('; ')}.`,
    members: { errors, validKinds: VALID_KINDS },
  });
}
