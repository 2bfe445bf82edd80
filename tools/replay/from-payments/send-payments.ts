import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordProducer } from '@effectively-once/kafka';
import type { ReadKnownEffects } from '../known-effects.js';
import { rebuiltEvent, type CompletedPayment } from './rebuilt-event.js';

// Far below the size limit of a batch: an event has less than 1 kB.
const SEND_MAX = 100;
const NAMED_MAX = 20;

export interface SentPayments {
  /** Sent, or in a dry run: would be sent. */
  sent: number;
  /** Of these, how many have their effect and are absorbed. */
  absorbed: number;
  /**
   * Not sent, because the mail provider has accepted the receipt and email no longer knows it. The
   * first twenty are named.
   */
  leftOut: { count: number; ids: string[] };
}

export interface SendOptions {
  pages: AsyncIterable<CompletedPayment[]> | Iterable<CompletedPayment[]>;
  readKnownEffects: ReadKnownEffects;
  /** Absent: a dry run. */
  produce?: { topic: string; producer: Pick<RecordProducer, 'sendAll'>; ratePerS: number };
  onProgress: (soFar: SentPayments) => void;
  signal: AbortSignal;
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Sends the event of every payment to a consumer's redrive topic, or only counts them. Safe to
 * repeat: a payment's event has the same id and bytes each time, and the consumer recognises a
 * payment that has its effect. Whether email may mail is asked again right before it is sent.
 *
 * @throws EffectsUnknown, an error of the broker, or the reason of the signal. What was sent by
 * then stays sent.
 */
export async function sendPayments(options: SendOptions): Promise<SentPayments> {
  const { pages, readKnownEffects, onProgress, signal } = options;
  const soFar: SentPayments = { sent: 0, absorbed: 0, leftOut: { count: 0, ids: [] } };
  for await (const page of pages) {
    signal.throwIfAborted();
    const known = await readKnownEffects(page.map(({ paymentId }) => paymentId));
    const toSend: CompletedPayment[] = [];
    for (const payment of page) {
      const { paymentId } = payment;
      if (known.wouldRepeat.has(paymentId)) {
        soFar.leftOut.count++;
        if (soFar.leftOut.ids.length < NAMED_MAX) soFar.leftOut.ids.push(paymentId);
        continue;
      }
      toSend.push(payment);
      if (known.absorbed.has(paymentId)) soFar.absorbed++;
    }
    await produceAll(toSend, options, () => onProgress(soFar), soFar);
    onProgress(soFar);
  }
  return soFar;
}

async function produceAll(
  payments: CompletedPayment[],
  { produce, signal, wait = pause }: SendOptions,
  onBatch: () => void,
  soFar: SentPayments,
): Promise<void> {
  if (!produce) return void (soFar.sent += payments.length);
  const { topic, producer, ratePerS } = produce;
  const size = Math.min(SEND_MAX, ratePerS);
  for (let at = 0; at < payments.length; at += size) {
    signal.throwIfAborted();
    const batch = payments.slice(at, at + size);
    await producer.sendAll(topic, batch.map(rebuiltEvent));
    soFar.sent += batch.length;
    onBatch();
    await wait((batch.length * 1_000) / ratePerS, signal);
  }
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal });
