import { killedBy, type Mutant } from './mutant.js';

const care = 'apps/console/src/connector';
const condition = killedBy(`${care}/condition.spec.ts`);
const caretaker = killedBy(`${care}/caretaker.spec.ts`);
const unreadSlot = killedBy(`${care}/unread-slot.spec.ts`);
const connectApi = killedBy(`${care}/connect-api.spec.ts`);

/** The promises about change data capture: no event is skipped, and the caretaker does no harm. */
export const CONNECTOR_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'connector care: a slot that was moved past unread events is not stopped',
    file: `${care}/remedies.ts`,
    text: `remedy: 'stop'`,
    replacement: `remedy: 'none'`,
    test: caretaker(
      'a slot moved past unread events stops the connector at once, and only stops it',
    ),
  },
  {
    mutation:
      'connector care: a busy connector is stopped for being ahead of what Connect has kept',
    file: `${care}/condition.ts`,
    text: `if (wentForwardUnread) return`,
    replacement: 'return',
    test: caretaker('goes on with one that was killed before Connect had kept what it confirmed'),
  },
  {
    mutation: 'connector care: what its reader confirmed last is taken for a move by hand',
    file: `${care}/unread-slot.ts`,
    text: ` || slot.active) {`,
    replacement: ') {',
    test: unreadSlot('but not when its reader has confirmed it before he went'),
  },
  {
    mutation: 'connector care: to stop it waits for the pause of another remedy',
    file: `${care}/caretaker.ts`,
    text: `this.backOffs.get(remedy)?.untilMs ?? nowMs`,
    replacement: `Math.max(0, ...[...this.backOffs.values()].map((one) => one.untilMs))`,
    test: caretaker('stops one whose slot was moved without waiting for what it did before'),
  },
  {
    mutation: 'connector care: publishing all retained rows again is taken for a moved slot',
    file: `${care}/condition.ts`,
    text: ` || offset.isSnapshot`,
    replacement: '',
    test: condition('is nothing wrong while all retained rows are published again'),
  },
  {
    mutation:
      'connector care: publishing all retained rows again is taken for a stall, and begun anew',
    file: `${care}/condition.ts`,
    text: ` && !isPublishingAgain`,
    replacement: '',
    test: condition(
      'a position that never moves is a stall, but not while the retained rows are published again',
    ),
  },
  {
    mutation:
      'connector care: publishing all retained rows again, which reads no slot, is begun anew every minute',
    file: `${care}/condition.ts`,
    text: `slot.rowsAreRead ? 'publishing_again' : 'slot_inactive'`,
    replacement: `'slot_inactive'`,
    test: caretaker('leaves one alone that publishes all retained rows again, for hours'),
  },
  {
    mutation: 'connector care: one that was deleted after its slot was moved is registered running',
    file: `${care}/remedies.ts`,
    text: `remedy: 'register_stopped'`,
    replacement: `remedy: 'register'`,
    test: caretaker('registers one that was deleted after its slot was moved, but stopped'),
  },
  {
    mutation: 'connector care: a moved slot is held against a connector that was past it anyway',
    file: `${care}/unread-slot.ts`,
    text: `(slot.active && this.isBehind(offset))`,
    replacement: 'false',
    test: unreadSlot('but not when its reader had come past that place'),
  },
  {
    mutation:
      'connector care: what Connect does not say of a deleted connector is taken for nothing',
    file: `${care}/connect-api.ts`,
    text: `    const read = offsets.parse(`,
    replacement: `    if (response.status === 404) return 'none';\n    const read = offsets.parse(`,
    test: connectApi('a connector is as far as it has published and Connect has kept'),
  },
  {
    mutation: 'connector care: two consoles act at once',
    file: `${care}/caretaker.ts`,
    text: ` && (await this.hands.mayAct())`,
    replacement: '',
    test: caretaker('a console that may not act only looks'),
  },
  {
    mutation: 'connector care: a task that fails again at once is restarted without a pause',
    file: `${care}/caretaker.ts`,
    text: `nowMs - this.sinceMs >= HEALTHY_AFTER_MS`,
    replacement: 'true',
    test: caretaker(
      'begins anew only after half a minute of health: a task that fails again at once has not recovered',
    ),
  },
  {
    mutation:
      'connector care: a Connect that is only starting is thought to have lost its connector',
    file: `${care}/connect-api.ts`,
    text: ` && isJson(response)`,
    replacement: '',
    test: connectApi(
      'a connector nobody knows is missing, but a worker that has only begun to start has lost nothing',
    ),
  },
];
