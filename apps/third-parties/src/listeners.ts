import type { FaultSwitches } from './faults.js';
import type { Listener } from './listener.js';

/** The two ports a fault can close. The one this process is steered through stays open. */
export class Listeners {
  constructor(
    readonly psp: Listener,
    readonly smtp: Listener,
  ) {}

  async follow(faults: FaultSwitches): Promise<void> {
    await Promise.all([
      this.psp.setOpen(!faults.isOn('psp', 'refuse')),
      this.smtp.setOpen(!faults.isOn('smtp', 'refuse')),
    ]);
  }

  async close(): Promise<void> {
    await Promise.all([this.psp.setOpen(false), this.smtp.setOpen(false)]);
  }
}
