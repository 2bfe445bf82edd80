import { faultRequest } from '@effectively-once/scenarios';
import { z } from 'zod';
import {
  causesQuery,
  discardRequest,
  listQuery,
  pageQuery,
  redriveRequest,
} from '../../dead-letters/requests.js';
import { verdictQuery } from '../../audit/audit.controller.js';
import { planRequest } from '../faults/faults.controller.js';
import { paymentsQuery } from '../payments/requests.js';

/** What the document says about one route. */
export interface DescribedRoute {
  summary: string;
  description?: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The answer of a success: its status, and the name of its schema or another media type. */
  answer: { status?: number; schema?: string; mediaType?: string; description: string };
  /** Problem codes by status, beyond those of every route. */
  problems?: Record<number, string[]>;
  /** false: needs no token. */
  isOpen?: boolean;
}

const badRequest = { 400: ['invalid_request'] };
const orMissing = { 404: ['not_found'] };

/** Every route of the console under /api. openapi.spec.ts compares it with the controllers. */
export const ROUTES: Record<string, DescribedRoute> = {
  'GET /api/payments': {
    summary: 'Payments with the states of their effects, newest first',
    description:
      '50 a page. The filter by effects asks the last audit (late, lost, doubled, other) or the ' +
      'table of dead letters (dead_lettered).',
    query: paymentsQuery,
    answer: { schema: 'PaymentList', description: 'A page' },
    problems: badRequest,
  },
  'GET /api/payments/{id}': {
    summary: 'One payment in every store, and the judgement of the audit',
    description:
      'A store that does not answer is named in judgement.unreadable, and nothing is said about ' +
      'it. A time that no store has recorded is null.',
    answer: { schema: 'PaymentEvidence', description: 'The evidence' },
    problems: { ...badRequest, ...orMissing, 503: ['store_unreadable'] },
  },
  'GET /api/stream': {
    summary: 'The state of the whole pipeline, as server-sent events',
    description:
      'Begins with `snapshot`, or after the event of `Last-Event-ID`. Then `overview`, `verdict`, ' +
      '`payment`, `fault`, `scenario` and `ping`. It ends when the token expires.',
    answer: { mediaType: 'text/event-stream', description: 'The events' },
    problems: { 503: ['too_many_streams'] },
  },
  'GET /api/consumers': {
    summary: 'What each consumer says of itself: lanes, watermarks and circuits',
    description: '`report` is null for a consumer that does not answer within a second.',
    answer: { schema: 'ConsumerStates', description: 'The three consumers' },
  },
  'GET /api/labs': {
    summary: 'The labs (`npm run lab`), each with its last run on this machine',
    answer: { schema: 'LabList', description: 'In the order of docs/labs.md' },
  },
  'GET /api/labs/{name}': {
    summary: 'One lab: its last run here, and what it does not show',
    description: '`run`, `table` and `claims` are of the receipt on this machine, or empty.',
    answer: { schema: 'Lab', description: 'The lab' },
    problems: orMissing,
  },
  'GET /api/labs/{name}/picture': {
    summary: 'The picture of the last run here, or of the documented run',
    answer: { mediaType: 'image/svg+xml', description: 'An SVG document' },
    problems: orMissing,
  },
  'GET /api/audit': {
    summary: 'A full audit now, or the last report',
    query: z.strictObject({ report: z.enum(['now', 'last']).default('now') }),
    answer: { schema: 'AuditReport', description: 'The report' },
    problems: { ...badRequest, 404: ['no_audit_yet'], 503: ['store_unreadable'] },
  },
  'GET /api/audit/verdict': {
    summary: 'An audit now of the payments since then, however young, in five numbers',
    description: 'What is not there yet is late. It changes no verdict of the pages.',
    query: verdictQuery,
    answer: { schema: 'Anything', description: 'lost, doubled, late, other, payments' },
    problems: { ...badRequest, 503: ['store_unreadable'] },
  },
  'GET /api/pipeline': {
    summary: 'The state of each link between the outbox and the consumers',
    answer: { schema: 'Anything', description: 'One member per link' },
  },
  'GET /api/money-back': {
    summary: 'Refunds and disputes, and the events of the PSP that payments does not know',
    answer: { schema: 'Anything', description: 'At most 200 of each; open ones first' },
  },
  'GET /api/pages': {
    summary: 'The latest pages, as the pager accepted them',
    answer: { schema: 'Anything', description: 'The pages' },
    problems: { 503: ['pager_unreadable'] },
  },
  'GET /api/dlq': {
    summary: 'Dead letters of each consumer: how many, how old, why',
    answer: { schema: 'Anything', description: 'One item per consumer' },
  },
  'GET /api/dlq/causes': {
    summary: 'Dead letters by cause: consumer, error class and error name',
    description: 'The largest group first, with its users and when it was first and last seen.',
    query: causesQuery,
    answer: { schema: 'CauseList', description: 'The groups' },
    problems: badRequest,
  },
  'GET /api/dlq/actions': {
    summary: 'The action log: who decided what, and when',
    query: pageQuery,
    answer: { schema: 'ResultPage', description: 'A page, newest first' },
    problems: badRequest,
  },
  'GET /api/dlq/actions/{id}': {
    summary: 'One action and its progress',
    answer: { schema: 'Anything', description: 'The action' },
    problems: orMissing,
  },
  'GET /api/dlq/{consumer}': {
    summary: 'The dead letters of one consumer',
    query: listQuery,
    answer: { schema: 'ResultPage', description: 'A page' },
    problems: { ...badRequest, ...orMissing },
  },
  'GET /api/dlq/{consumer}/{id}': {
    summary: 'One dead letter with its record',
    answer: { schema: 'Anything', description: 'The dead letter' },
    problems: orMissing,
  },
  'POST /api/dlq/{consumer}/redrive': {
    summary: 'Sends dead letters to the redrive topic of their consumer',
    description:
      'A dry run answers 200 and says in `forecast` how many have their effect already. With ' +
      '`expect` the redrive claims exactly so many, or nothing.',
    body: redriveRequest,
    answer: { status: 202, schema: 'Decision', description: 'The console completes the action' },
    problems: { ...badRequest, ...orMissing, 409: ['nothing_to_redrive', 'count_changed'] },
  },
  'POST /api/dlq/{consumer}/discard': {
    summary: 'Discards dead letters, with a reason',
    body: discardRequest,
    answer: { schema: 'Decision', description: 'The action' },
    problems: { ...badRequest, ...orMissing, 409: ['nothing_to_discard', 'count_changed'] },
  },
  'GET /api/faults': {
    summary: 'What can be broken, the predictions, what is broken now, and the history',
    description: 'All of /api/faults exists only with DEMO_CONTROLS=1 and the demo secret.',
    answer: { schema: 'Faults', description: 'All of it' },
  },
  'POST /api/faults': {
    summary: 'Breaks something for some seconds; it is reverted by itself',
    body: faultRequest,
    answer: { status: 201, schema: 'Faults', description: 'It is broken now' },
    problems: {
      ...badRequest,
      409: ['fault_by_hand', 'fault_refused'],
      503: ['fault_failed'],
    },
  },
  'POST /api/faults/plan': {
    summary: 'Breaks one thing after the other, as the seed says: preset, minutes, number',
    body: planRequest,
    answer: { status: 202, schema: 'Faults', description: 'The plan runs' },
    problems: { ...badRequest, 409: ['plan_running'] },
  },
  'DELETE /api/faults/plan': {
    summary: 'Ends the plan; what is broken is repaired by itself',
    answer: { schema: 'Faults', description: 'No plan runs' },
  },
  'DELETE /api/faults/{id}': {
    summary: 'Reverts it now',
    answer: { schema: 'Faults', description: 'It works again' },
    problems: { ...orMissing, 409: ['fault_refused'], 503: ['fault_failed'] },
  },
  'GET /api/scenarios': {
    summary: 'The scripted stories, and their latest runs',
    description: 'Scenarios exist only with DEMO_CONTROLS=1 and the demo secret.',
    answer: { schema: 'Anything', description: 'items and runs' },
  },
  'POST /api/scenarios/{name}/runs': {
    summary: 'Runs a story, after the runs before it',
    answer: { status: 202, schema: 'Anything', description: 'The run' },
    problems: { ...orMissing, 409: ['fault_by_hand', 'too_many_runs'] },
  },
  'GET /api/scenario-runs/{id}': {
    summary: 'One run: its steps so far, and at its end the audit',
    answer: { schema: 'Anything', description: 'The run' },
    problems: orMissing,
  },
  'DELETE /api/scenario-runs/{id}': {
    summary: 'Stops a run; what it has broken is reverted by itself',
    answer: { schema: 'Anything', description: 'The run' },
    problems: orMissing,
  },
  'POST /api/demo/sign-in': {
    summary: 'A token of a demo user; only with DEMO_CONTROLS=1 and the demo secret',
    body: z.strictObject({
      role: z.enum(['operator', 'customer']),
      user: z.string().optional(),
    }),
    answer: { schema: 'Anything', description: 'The token' },
    problems: { ...badRequest, ...orMissing },
    isOpen: true,
  },
};
