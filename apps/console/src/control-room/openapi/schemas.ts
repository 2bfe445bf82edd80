import { FINDING_KINDS } from '@effectively-once/audit';
import { CONSUMERS } from '@effectively-once/contracts';

/** JSON Schemas of the answers. The types are in wire/; payments.int.spec.ts compares answers. */
const text = { type: 'string' };
const id = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };
const timeOrNull = { type: ['string', 'null'], format: 'date-time' };
const textOrNull = { type: ['string', 'null'] };
const count = { type: 'integer', minimum: 0 };
const anything = { type: 'object', additionalProperties: true };
const listOf = (items: object) => ({ type: 'array', items });
const oneOf = (...values: string[]) => ({ type: 'string', enum: values });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** An object with exactly these members. */
const exactly = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const effect = oneOf('done', 'due', 'late', 'lost', 'doubled', 'dead_lettered', 'unknown', 'none');
const track = oneOf('payments', 'psp', 'pipeline', ...CONSUMERS);
const findingStatus = oneOf('late', 'violated');

const summary = {
  id,
  userId: text,
  orderId: text,
  status: oneOf('PENDING', 'COMPLETED', 'DECLINED', 'UNKNOWN', 'FAILED'),
  amountMinor: { ...text, description: "in the currency's minor unit" },
  currency: text,
  createdAt: time,
  completedAt: timeOrNull,
  effects: exactly(Object.fromEntries(CONSUMERS.map((consumer) => [consumer, effect]))),
};

const step = exactly({
  id: text,
  track,
  title: text,
  at: timeOrNull,
  until: timeOrNull,
  source: { ...text, description: 'where the time was read' },
  outcome: oneOf('ok', 'failed', 'waiting'),
  detail: textOrNull,
});

const failureWindow = exactly({
  track,
  title: text,
  from: time,
  until: timeOrNull,
  meaning: text,
});

const storeEvidence = exactly({
  store: text,
  source: text,
  records: listOf({ type: 'object', additionalProperties: textOrNull }),
});

const judgement = exactly({
  verdict: oneOf('ok', 'late', 'violated', 'not_judged'),
  invariants: listOf(text),
  findings: listOf(
    exactly({ invariant: text, status: findingStatus, kind: oneOf(...FINDING_KINDS), why: text }),
  ),
  judgedAt: time,
  unreadable: listOf(text),
});

const event = {
  ...exactly({
    headers: { type: 'object', additionalProperties: text },
    valueBase64: { type: 'string', contentEncoding: 'base64' },
  }),
  type: ['object', 'null'],
};

const finding = exactly({ id: text, kind: oneOf(...FINDING_KINDS), why: text });

const invariantReport = exactly({
  id: text,
  title: text,
  status: oneOf('ok', 'late', 'violated'),
  checked: count,
  violated: listOf(finding),
  late: listOf(finding),
  violatedCount: count,
  lateCount: count,
  violatedByKind: exactly(Object.fromEntries(FINDING_KINDS.map((kind) => [kind, count]))),
});

const lab = {
  name: text,
  claim: text,
  failureWindow: text,
  command: text,
  run: {
    ...exactly({
      at: time,
      seed: { type: 'number' },
      seconds: { type: 'number' },
      version: oneOf('full', 'small'),
      claimsHeld: count,
      claimsBroken: count,
    }),
    type: ['object', 'null'],
  },
  documented: { ...textOrNull, description: 'the documented run, as docs/labs.md names it' },
};

const labDetail = exactly({
  ...lab,
  doesNotShow: listOf(text),
  table: {
    ...exactly({ head: listOf(text), rows: listOf(listOf(text)) }),
    type: ['object', 'null'],
  },
  claims: listOf(
    exactly({ claim: text, value: { type: ['number', 'null'] }, holds: { type: 'boolean' } }),
  ),
  pictureOf: { ...textOrNull, enum: ['run', 'documents', null] },
});

const auditReport = {
  type: 'object',
  properties: {
    cutoff: time,
    since: { ...time, description: 'only payments that completed since then; absent: all' },
    settleLimitS: { type: 'number' },
    payments: count,
    tooYoung: count,
    durationMs: count,
    invariants: listOf(invariantReport),
  },
  required: ['cutoff', 'settleLimitS', 'payments', 'tooYoung', 'durationMs', 'invariants'],
  additionalProperties: false,
};

const cause = exactly({
  consumer: oneOf(...CONSUMERS),
  errorClass: oneOf('poison', 'permanent', 'transient', 'unknown'),
  errorName: text,
  count,
  users: count,
  withoutKey: count,
  inAction: count,
  atLoopGuard: count,
  firstSeen: time,
  lastSeen: time,
});

const forecast = exactly({
  toSend: count,
  absorbed: { ...count, description: 'already done: the consumer recognises them' },
  unknown: count,
  unknownBecause: listOf(text),
  source: text,
  loopGuard: count,
  gone: count,
  inAction: count,
  through: textOrNull,
});

const decision = {
  type: 'object',
  properties: {
    dryRun: { type: 'boolean' },
    count,
    ids: listOf(text),
    refused: listOf(exactly({ id: text, why: text })),
    left: count,
    action: { type: ['object', 'null'] },
    forecast: { ...forecast, description: 'of a dry run only' },
  },
  required: ['dryRun', 'count', 'ids', 'refused', 'left', 'action'],
  additionalProperties: false,
};

const brokenNow = exactly({
  id: text,
  target: text,
  kind: text,
  point: textOrNull,
  state: oneOf('armed', 'broken', 'reverting'),
  until: timeOrNull,
});

const faultAction = exactly({
  id: text,
  at: time,
  operator: text,
  action: oneOf('break', 'revert'),
  target: text,
  kind: text,
  point: textOrNull,
  seconds: { type: ['integer', 'null'] },
  refused: textOrNull,
  endedAt: timeOrNull,
  outcome: { type: ['string', 'null'], enum: ['as_predicted', 'not_as_predicted', null] },
  judgement: textOrNull,
});

export const SCHEMAS = {
  CauseList: exactly({ items: listOf(cause) }),
  Decision: decision,
  Faults: exactly({
    links: listOf(exactly({ id: text, name: text, between: text, faults: listOf(anything) })),
    targets: listOf(exactly({ name: text, isUp: { type: 'boolean' } })),
    broken: listOf(brokenNow),
    unreadable: listOf(text),
    plan: { ...anything, type: ['object', 'null'] },
    history: listOf(faultAction),
  }),
  PaymentSummary: exactly(summary),
  PaymentList: exactly({ items: listOf(ref('PaymentSummary')), nextCursor: textOrNull }),
  PaymentEvidence: exactly({
    ...summary,
    version: count,
    pspReference: textOrNull,
    steps: listOf(step),
    windows: listOf(failureWindow),
    stores: listOf(storeEvidence),
    judgement,
    event,
  }),
  AuditReport: auditReport,
  ConsumerStates: exactly({
    items: listOf(exactly({ name: oneOf(...CONSUMERS), report: { type: ['object', 'null'] } })),
  }),
  Lab: labDetail,
  LabList: exactly({ items: listOf(exactly(lab)) }),
  ResultPage: exactly({ items: listOf(anything), nextCursor: textOrNull }),
  Anything: anything,
};
