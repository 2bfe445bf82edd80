import { readFileSync } from 'node:fs';
import { z } from 'zod';

const PAYMENTS = 1_000_000;
const BYTES_PER_GB = 1e9;
const MS_PER_HOUR = 3_600_000;
const DAYS_PER_MONTH = 30;

const comment = z.string().min(1);
const price = z.number().nonnegative();
const kept = z.strictObject({
  unit: z.literal('GB-month'),
  price,
  copies: z.int().positive(),
  keptDays: z.number().positive(),
  comment,
});
const pricesSchema = z.strictObject({
  comment,
  currency: z.string().min(1),
  prices: z.strictObject({
    cpu: z.strictObject({ unit: z.literal('core-hour'), price, comment }),
    wal: z.strictObject({ unit: z.literal('GB written'), price, comment }),
    topic: kept,
    index: kept,
    redis: kept,
    journal: kept,
  }),
});

export type Prices = z.infer<typeof pricesSchema>;
type Resource = keyof Prices['prices'];

/** Of one payment. A resource that was not measured is absent. */
export interface PaymentAmounts extends Partial<Record<Exclude<Resource, 'cpu'>, number>> {
  /** Core-milliseconds above idle. */
  cpuMs: number;
  /** The share of one payment in the CPU of the idle system, at its rate. */
  idleCpuMs: number;
}

export interface CostLine {
  what: string;
  /** Of a million payments, in `unit`. */
  amount: number;
  unit: string;
  cost: number;
}

/** @throws Error that names the file and its first fault. */
export function readPrices(file: string): Prices {
  const { data, error } = pricesSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (data) return data;
  const [issue] = error.issues;
  throw new Error(`${file}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** What a million payments cost. A resource that was not measured has no line. */
export function costPerMillion(amounts: PaymentAmounts, { prices }: Prices): CostLine[] {
  const cpu = (what: string, ms: number): CostLine => {
    const amount = (ms * PAYMENTS) / MS_PER_HOUR;
    return { what, amount, unit: prices.cpu.unit, cost: amount * prices.cpu.price };
  };
  const bytes = (resource: Exclude<Resource, 'cpu'>): CostLine[] => {
    const each = amounts[resource];
    if (each === undefined) return [];
    const priced = prices[resource];
    const months = 'keptDays' in priced ? (priced.copies * priced.keptDays) / DAYS_PER_MONTH : 1;
    const amount = ((each * PAYMENTS) / BYTES_PER_GB) * months;
    return [{ what: resource, amount, unit: priced.unit, cost: amount * priced.price }];
  };
  return [
    cpu('CPU of the payments', amounts.cpuMs),
    cpu('CPU of the idle system, at this rate', amounts.idleCpuMs),
    ...(['wal', 'topic', 'index', 'redis', 'journal'] as const).flatMap(bytes),
  ];
}
