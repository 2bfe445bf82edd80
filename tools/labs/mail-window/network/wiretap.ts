import { median } from '../../../bench/statistics/spread.js';
import type { Watcher } from './slow-link.js';

/** When a process sent what, for one receipt. Read from the network, not from the process. */
export interface Steps {
  /** The first command with the key of this receipt left for Redis. */
  claimedMs?: number;
  /** The end of the content left for the mail provider. */
  contentMs?: number;
  /** The command that writes the deduplication marker left for Redis. */
  markedMs?: number;
}

const RECEIPT_KEY = /receipt:([0-9a-f-]{36})$/;
const END_OF_CONTENT = '\r\n.\r\n';
const MESSAGE_ID = /<([0-9a-f-]{36})\.receipt@/;
/** Watches the connections of one process to Redis and to the mail provider. */
export class Wiretap {
  readonly steps = new Map<string, Steps>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  redis(): Watcher {
    let text = '';
    return (bytes) => {
      text += bytes;
      for (;;) {
        const command = firstCommand(text);
        if (!command) return;
        this.redisCommand(command.words);
        text = text.slice(command.end);
      }
    };
  }

  smtp(): Watcher {
    let text = '';
    return (bytes) => {
      text += bytes;
      for (;;) {
        const end = text.indexOf(END_OF_CONTENT);
        if (end < 0) return;
        const id = MESSAGE_ID.exec(text.slice(0, end))?.[1];
        if (id) this.of(id).contentMs ??= this.nowMs();
        text = text.slice(end + END_OF_CONTENT.length);
      }
    };
  }

  private redisCommand(words: readonly string[]): void {
    const id = words.map((word) => RECEIPT_KEY.exec(word)?.[1]).find((found) => found);
    if (id === undefined) return;
    const steps = this.of(id);
    // The value of a deduplication marker begins with D: (email.idempotency.ts).
    if (words.some((word) => word.startsWith('D:'))) steps.markedMs ??= this.nowMs();
    else steps.claimedMs ??= this.nowMs();
  }

  private of(paymentId: string): Steps {
    const steps = this.steps.get(paymentId) ?? {};
    this.steps.set(paymentId, steps);
    return steps;
  }
}

/**
 * The first whole command of these bytes, each byte as one character.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/ (arrays of bulk strings)
 */
function firstCommand(text: string): { words: string[]; end: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  const words: string[] = [];
  let end = head[0].length;
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(end));
    if (!size) return undefined;
    const from = end + size[0].length;
    end = from + Number(size[1]) + 2;
    if (end > text.length) return undefined;
    words.push(text.slice(from, end - 2));
  }
  return { words, end };
}

/** Medians in ms, each from the claim. */
export interface StepTimes {
  contentMs: number;
  markedMs: number;
}

/** NaN for a step that no receipt has reached. */
export function stepTimes(all: readonly Steps[]): StepTimes {
  const medianOf = (step: 'contentMs' | 'markedMs') =>
    median(all.map((one) => one[step]! - one.claimedMs!).filter((ms) => !Number.isNaN(ms)));
  return { contentMs: medianOf('contentMs'), markedMs: medianOf('markedMs') };
}
