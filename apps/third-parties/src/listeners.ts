import type { FaultSwitches } from './faults.js';
import type { Listener } from './listener.js';

/** The two ports that a fault can close. The port that controls this process stays open. */
export class Listeners {
  constructor(
    readonly psp: Listener,
    readonly smtp: Listener,
  ) {}

  async apply(faults: FaultSwitches): Promise<void> {
    await Promise.all([
      this.psp.setOpen(!faults.isOn('psp', 'refuse')),
      this.smtp.setOpen(!faults.isOn('smtp', 'refuse')),
    ]);
  }

  async close(): Promise<void> {
    await Promise.all([this.psp.setOpen(false), this.smtp.setOpen(false)]);
  }
}
