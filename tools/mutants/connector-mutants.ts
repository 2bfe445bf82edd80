import { killedBy, type Mutant } from './mutant.js';

const care = 'apps/console/src/connector';
const condition = killedBy(`${care}/condition.spec.ts`);
const caretaker = killedBy(`${care}/caretaker.spec.ts`);
const unreadSlot = killedBy(`${care}/unread-slot.spec.ts`);
const connectApi = killedBy(`${care}/connect-api.spec.ts`);

/** The promises about change data capture: no event is skipped, and the caretaker does no harm. */
export const CONNECTOR_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'connector: keeps running after its slot moved past unread events',
    file: `${care}/remedies.ts`,
    text: `remedy: 'stop'`,
    replacement: `remedy: 'none'`,
    test: caretaker(
      'a slot moved past unread events stops the connector at once, and only stops it',
    ),
  },
  {
    mutation: 'connector: stopped because it is ahead of the offset that Connect has stored',
    file: `${care}/condition.ts`,
    text: `if (wentForwardUnread) return`,
    replacement: 'return',
    test: caretaker('goes on with one that was killed before Connect had kept what it confirmed'),
  },
  {
    mutation:
      'connector: the last confirmation of the connector counts as a manual move of the slot',
    file: `${care}/unread-slot.ts`,
    text: ` || slot.active) {`,
    replacement: ') {',
    test: unreadSlot('but not when its reader has confirmed it before he went'),
  },
  {
    mutation: 'connector: the stop waits for the backoff of another remedy',
    file: `${care}/caretaker.ts`,
    text: `this.backOffs.get(remedy)?.untilMs ?? nowMs`,
    replacement: `Math.max(0, ...[...this.backOffs.values()].map((one) => one.untilMs))`,
    test: caretaker('stops one whose slot was moved without waiting for what it did before'),
  },
  {
    mutation: 'connector: a republish of all retained rows counts as a moved slot',
    file: `${care}/condition.ts`,
    text: ` || offset.isSnapshot`,
    replacement: '',
    test: condition('is nothing wrong while all retained rows are published again'),
  },
  {
    mutation: 'connector: a republish of all retained rows counts as a stall, and is restarted',
    file: `${care}/condition.ts`,
    text: ` && !isPublishingAgain`,
    replacement: '',
    test: condition(
      'a position that never moves is a stall, but not while the retained rows are published again',
    ),
  },
  {
    mutation: 'connector: a republish, which reads no slot, is restarted every minute',
    file: `${care}/condition.ts`,
    text: `slot.rowsAreRead ? 'publishing_again' : 'slot_inactive'`,
    replacement: `'slot_inactive'`,
    test: caretaker('leaves one alone that publishes all retained rows again, for hours'),
  },
  {
    mutation: 'connector: deleted after its slot moved, it is registered as running',
    file: `${care}/remedies.ts`,
    text: `remedy: 'register_stopped'`,
    replacement: `remedy: 'register'`,
    test: caretaker('registers one that was deleted after its slot was moved, but stopped'),
  },
  {
    mutation: 'connector: a moved slot stops a connector that had read beyond it already',
    file: `${care}/unread-slot.ts`,
    text: `(slot.active && this.isBehind(offset))`,
    replacement: 'false',
    test: unreadSlot('but not when its reader had come past that place'),
  },
  {
    mutation: 'connector: a missing offset of a deleted connector counts as no offset',
    file: `${care}/connect-api.ts`,
    text: `    const read = offsets.parse(`,
    replacement: `    if (response.status === 404) return 'none';\n    const read = offsets.parse(`,
    test: connectApi('a connector is as far as it has published and Connect has kept'),
  },
  {
    mutation: 'connector: two consoles act at the same time',
    file: `${care}/caretaker.ts`,
    text: ` && (await this.hands.mayAct())`,
    replacement: '',
    test: caretaker('a console that may not act only looks'),
  },
  {
    mutation: 'connector: a task that fails again at once is restarted without backoff',
    file: `${care}/caretaker.ts`,
    text: `nowMs - this.sinceMs >= HEALTHY_AFTER_MS`,
    replacement: 'true',
    test: caretaker(
      'begins anew only after half a minute of health: a task that fails again at once has not recovered',
    ),
  },
  {
    mutation: 'connector: a Connect worker that is starting counts as one that lost its connector',
    file: `${care}/connect-api.ts`,
    text: ` && isJson(response)`,
    replacement: '',
    test: connectApi(
      'a connector nobody knows is missing, but a worker that has only begun to start has lost nothing',
    ),
  },
];
