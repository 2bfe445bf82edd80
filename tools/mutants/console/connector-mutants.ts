import { killedBy, type Mutant } from '../mutant.js';

const folder = 'apps/console/src/connector';
const condition = killedBy(`${folder}/condition.spec.ts`);
const supervisor = killedBy(`${folder}/connector-supervisor.spec.ts`);
const movedSlot = killedBy(`${folder}/moved-slot-detector.spec.ts`);
const connectApi = killedBy(`${folder}/connect-api.spec.ts`);

/**
 * The promises about change data capture: the connector skips no event, and its supervisor does no
 * harm.
 */
export const CONNECTOR_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'connector: keeps running after its slot moved past unread events',
    file: `${folder}/remedies.ts`,
    text: `slot_moved: {
    remedy: 'stop'`,
    replacement: `slot_moved: {
    remedy: 'none'`,
    test: supervisor(
      'a slot moved past unread events stops the connector at once, without another remedy',
    ),
  },
  {
    mutation: 'connector: runs on although the log ends before its offset',
    file: `${folder}/condition.ts`,
    text: `logShortened && typeof`,
    replacement: `false && typeof`,
    test: supervisor('a log that ends before the offset of Connect stops the connector at once'),
  },
  {
    mutation: 'connector: stopped because it is ahead of the offset that Connect has stored',
    file: `${folder}/condition.ts`,
    text: `if (movedWhileUnread) return`,
    replacement: 'return',
    test: supervisor('does not stop a connector that was killed before Connect stored its offset'),
  },
  {
    mutation:
      'connector: the last confirmation of the connector counts as a manual move of the slot',
    file: `${folder}/moved-slot-detector.ts`,
    text: ` || slot.active) {`,
    replacement: ') {',
    test: movedSlot('but not when its reader confirmed the position before the disconnect'),
  },
  {
    mutation: 'connector: the stop waits for the backoff of another remedy',
    file: `${folder}/connector-supervisor.ts`,
    text: `this.backOffs.get(remedy)?.untilMs ?? nowMs`,
    replacement: `Math.max(0, ...[...this.backOffs.values()].map((one) => one.untilMs))`,
    test: supervisor(
      'stops a connector with a moved slot without waiting for the backoff of a restart',
    ),
  },
  {
    mutation: 'connector: a republish of all retained rows counts as a moved slot',
    file: `${folder}/condition.ts`,
    text: ` || offset.isSnapshot`,
    replacement: '',
    test: condition('is healthy while the connector publishes all retained rows again'),
  },
  {
    mutation: 'connector: a republish of all retained rows counts as a stall, and is restarted',
    file: `${folder}/condition.ts`,
    text: ` && !isPublishingAgain`,
    replacement: '',
    test: condition(
      'a position that never moves is a stall, but not while the connector publishes the retained rows again',
    ),
  },
  {
    mutation: 'connector: a republish, which reads no slot, is restarted every minute',
    file: `${folder}/condition.ts`,
    text: `slot.rowsAreRead ? 'publishing_again' : 'slot_inactive'`,
    replacement: `'slot_inactive'`,
    test: supervisor(
      'does not disturb a connector that publishes all retained rows again for hours',
    ),
  },
  {
    mutation: 'connector: deleted after its slot moved, it is registered as running',
    file: `${folder}/remedies.ts`,
    text: `remedy: 'register_stopped'`,
    replacement: `remedy: 'register'`,
    test: supervisor('registers a deleted connector with a moved slot as stopped'),
  },
  {
    mutation: 'connector: a moved slot stops a connector that had read beyond it already',
    file: `${folder}/moved-slot-detector.ts`,
    text: `(slot.active && this.isPassedBy(offset))`,
    replacement: 'false',
    test: movedSlot('but not when its reader had passed the new position'),
  },
  {
    mutation: 'connector: a missing offset of a deleted connector counts as no offset',
    file: `${folder}/connect-api.ts`,
    text: `    const read = offsets.parse(`,
    replacement: `    if (response.status === 404) return 'none';\n    const read = offsets.parse(`,
    test: connectApi('the offset of a connector is what it has published and Connect has stored'),
  },
  {
    mutation: 'connector: two consoles act at the same time',
    file: `${folder}/connector-supervisor.ts`,
    text: ` && (await this.dependencies.mayAct())`,
    replacement: '',
    test: supervisor('a console without the lock only observes'),
  },
  {
    mutation: 'connector: a task that fails again at once is restarted without backoff',
    file: `${folder}/connector-supervisor.ts`,
    text: `nowMs - this.sinceMs >= HEALTHY_AFTER_MS`,
    replacement: 'true',
    test: supervisor(
      'resets the backoff only after 30 healthy seconds, because a task that fails sooner has not recovered',
    ),
  },
  {
    mutation: 'connector: a Connect worker that is starting counts as one that lost its connector',
    file: `${folder}/connect-api.ts`,
    text: ` && isJson(response)`,
    replacement: '',
    test: connectApi(
      'an unknown connector is missing, but a worker that is starting has lost no connector',
    ),
  },
];
