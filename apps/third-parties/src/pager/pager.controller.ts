import { randomUUID } from 'node:crypto';
import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { FaultSwitches } from '../faults.js';
import { Journals } from '../journal/journals.js';
import type { PageEntry } from './page-entry.js';

const DEDUP_KEY_MAX_CHARS = 255;
const SUMMARY_MAX_CHARS = 1_024;

/** PagerDuty Events API v2. Like PagerDuty, it allows and ignores other fields. */
const event = z.object({
  routing_key: z.string().min(1),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(DEDUP_KEY_MAX_CHARS).optional(),
  payload: z
    .object({
      summary: z.string().min(1).max(SUMMARY_MAX_CHARS),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  links: z.array(z.object({ href: z.string() })).optional(),
});
type Event = z.infer<typeof event>;

const pageable = event
  .refine(({ event_action, payload }) => event_action !== 'trigger' || payload, {
    message: 'is needed to trigger',
    path: ['payload'],
  })
  .refine(({ event_action, dedup_key }) => event_action === 'trigger' || dedup_key, {
    message: `is needed for every action except trigger`,
    path: ['dedup_key'],
  });

@Controller('v2/enqueue')
export class PagerController {
  constructor(
    @Inject(Journals) private readonly journals: Journals,
    @Inject(FaultSwitches) private readonly faults: FaultSwitches,
  ) {}

  @Post()
  async enqueue(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    if (this.faults.take('pager', 'error_500')) {
      reply.status(500);
      return { status: 'error', message: 'Internal Server Error' };
    }
    const parsed = pageable.safeParse(body);
    if (!parsed.success) {
      reply.status(400);
      return {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`),
      };
    }
    const dedupKey = parsed.data.dedup_key ?? randomUUID();
    const page = toPage(parsed.data, dedupKey, new Date());
    if (page) await this.journals.pages.append(page);
    reply.status(202);
    return { status: 'success', message: 'Event processed', dedup_key: dedupKey };
  }
}

/** An acknowledgement is the answer of a person to a page, and is no page. */
function toPage(event: Event, dedupKey: string, now: Date): PageEntry | null {
  if (event.event_action === 'acknowledge') return null;
  return {
    dedupKey,
    action: event.event_action,
    summary: event.payload?.summary ?? null,
    severity: event.payload?.severity ?? null,
    runbook: runbookOf(event),
    link: event.links?.[0]?.href ?? null,
    at: now.toISOString(),
  };
}

/** Alertmanager may put the runbook into `details` or into `links`. */
function runbookOf(event: Event): string | null {
  const details = event.payload?.custom_details ?? {};
  const detail = details['runbook'] ?? details['runbook_url'];
  return typeof detail === 'string' ? detail : (event.links?.[0]?.href ?? null);
}
