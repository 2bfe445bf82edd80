import { cpus, loadavg, totalmem } from 'node:os';

/** What a figure was measured on. */
export interface Machine {
  cores: number;
  gigabytes: number;
  /** Of the last minute: other work on the same cores. */
  loadAverage: number;
}

export const thisMachine = (): Machine => ({
  cores: cpus().length,
  gigabytes: Math.round(totalmem() / 2 ** 30),
  loadAverage: loadavg()[0] ?? NaN,
});

export const shownMachine = ({ cores, gigabytes, loadAverage }: Machine): string =>
  `${cores} cores, ${gigabytes} GB, load ${loadAverage.toFixed(1)}`;
