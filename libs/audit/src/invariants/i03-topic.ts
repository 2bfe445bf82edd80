import {
  judgedRows,
  outboxKnownSinceMs,
  positionName,
  type Evidence,
  type PublishedRecord,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

/**
 * I3: every outbox event is in the topic at least once, and the topic has no other record.
 *
 * A finding means that change data capture lost an event (lost) or altered it, or that something
 * other than the connector produced a record (other). A second record of an event is no finding:
 * the connector is at-least-once, and consumers absorb it.
 */
export function topicMatchesTheOutbox(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  judgeMissingEvents(evidence, judgement);
  judgeForeignRecords(evidence, judgement);
  return judgement;
}

// An event is lost only if the connector has confirmed everything before the snapshot to
// PostgreSQL. Until then the event may still be on its way, however long that takes.
function judgeMissingEvents(evidence: Evidence, judgement: Judgement): void {
  const published = new Set(evidence.published.map(({ eventId }) => eventId));
  for (const { paymentId, eventId } of judgedRows(evidence)) {
    judgement.checked++;
    if (published.has(eventId)) continue;
    if (evidence.slotPassedSnapshot) {
      const why = `event ${eventId} is not in the topic, and the slot has moved past it`;
      judgement.violated.push({ id: paymentId, kind: 'lost', why });
    } else {
      const why = `event ${eventId} is not in the topic yet; the slot has not reached it`;
      judgement.late.push({ id: paymentId, kind: 'lost', why });
    }
  }
}

// A record with a known event id but other bytes is not the event that the transaction wrote.
function judgeForeignRecords(evidence: Evidence, judgement: Judgement): void {
  const payloads = new Map(evidence.outbox.map((row) => [row.eventId, row.payloadMd5]));
  const sinceMs = outboxKnownSinceMs(evidence);
  for (const record of evidence.published) {
    if (record.occurredAtMs < sinceMs) continue;
    judgement.checked++;
    const payloadMd5 =
      payloads.get(record.eventId ?? '') ??
      evidence.laterOutbox.get(record.eventId ?? '')?.payloadMd5;
    if (payloadMd5 === record.valueMd5) continue;
    const fault =
      payloadMd5 === undefined ? 'comes from no outbox row' : 'has other bytes than its outbox row';
    const why = `${describe(record)} ${fault}`;
    judgement.violated.push({ id: nameOf(record), kind: 'other', why });
  }
}

const nameOf = (record: PublishedRecord) =>
  record.paymentId ?? record.eventId ?? positionName(record);

function describe(record: PublishedRecord): string {
  const event = record.eventId ? `event ${record.eventId}` : 'a record without an event id';
  return `${event} at partition ${record.partition}, offset ${record.offset}`;
}
