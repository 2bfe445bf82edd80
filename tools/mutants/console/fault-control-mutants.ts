import { killedBy, type Mutant } from '../mutant.js';

const supervision = 'tools/stack/native/supervision';
const room = 'apps/console/src/control-room';
const scenarios = 'libs/scenarios/src';
const control = killedBy(`${supervision}/control.spec.ts`);
const controls = killedBy(`${supervision}/faults/fault-controls.spec.ts`);
const supervised = killedBy(`${supervision}/faults/supervised-faults.spec.ts`);
const demo = killedBy(`${room}/demo/demo.spec.ts`);
const request = killedBy(`${scenarios}/faults/fault-request.spec.ts`);

/** The promises about faults on purpose: where they exist, and when they end. */
export const FAULT_CONTROL_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'fault controls: offered by a console that was started without DEMO_CONTROLS=1',
    file: `${room}/demo/demo-mode.ts`,
    text: 'config.DEMO_CONTROLS && ',
    replacement: '',
    test: demo('is on only with the switch and the demo secret together'),
  },
  {
    mutation: 'fault controls: offered with a secret that is not the one of the demo',
    file: `${room}/demo/demo-mode.ts`,
    text: ' && config.AUTH_JWT_SECRET === DEMO_AUTH_SECRET',
    replacement: '',
    test: demo('is on only with the switch and the demo secret together'),
  },
  {
    mutation:
      'fault controls: the supervisor breaks a stack that was started without DEMO_CONTROLS=1',
    file: `${supervision}/faults/fault-controls.ts`,
    text: `DEMO_CONTROLS !== '1' || `,
    replacement: '',
    test: controls('without DEMO_CONTROLS=1, nothing can be broken'),
  },
  {
    mutation: 'fault controls: the supervisor breaks a stack in production',
    file: `${supervision}/faults/fault-controls.ts`,
    text: ` || NODE_ENV === 'production'`,
    replacement: '',
    test: controls('in production, nothing can be broken'),
  },
  {
    mutation: 'fault controls: the socket of the supervisor is open to every account',
    file: `${supervision}/control-server.ts`,
    text: 'const OWNER_ONLY = 0o177;',
    replacement: 'const OWNER_ONLY = 0o000;',
    test: control('is closed to every other account'),
  },
  {
    mutation: 'fault controls: a fault does not end by itself',
    file: `${supervision}/faults/supervised-faults.ts`,
    text: 'return setTimeout(() => void this.atDeadline(id), ms);',
    replacement: 'return setTimeout(() => void id, ms);',
    test: supervised('reverts by itself what no request reverts: redis stop'),
  },
  {
    mutation: 'fault controls: two faults of one target, and the first repair ends neither',
    file: `${supervision}/faults/supervised-faults.ts`,
    text: 'fault.target === target)) {',
    replacement: 'fault.target === target && !target)) {',
    test: supervised('breaks a target once at a time, another one meanwhile'),
  },
  {
    mutation: 'fault controls: a mistake is repaired before it is made, and stays',
    file: `${supervision}/faults/supervised-faults.ts`,
    text: 'await made?.catch(() => undefined);',
    replacement: '',
    test: supervised(
      'a mistake is armed until it is made; its seconds begin then, and no repair comes before it',
    ),
  },
  {
    mutation: 'fault controls: a process stays frozen when its stack stops',
    file: `${supervision}/faults/supervised-faults.ts`,
    text: `if (fault.kind === 'freeze') find(fault.target).freeze(false);`,
    replacement: '',
    test: supervised('a stack that stops leaves no process frozen, and starts none again'),
  },
  {
    mutation: 'fault controls: a fault that lasts longer than ten minutes',
    file: `${scenarios}/faults/fault-request.ts`,
    text: '.max(FAULT_SECONDS_MAX)',
    replacement: '',
    test: request('refuses a fault that lasts longer than ten minutes'),
  },
  {
    mutation: 'fault controls: a fault that is not in the catalogue',
    file: `${scenarios}/faults/fault-request.ts`,
    text: `issue('kind', 'is no fault of this target; GET /api/faults lists them');`,
    replacement: '',
    test: request('refuses a fault of a process that is not in the catalogue'),
  },
  {
    mutation: 'fault controls: a story runs where the console may not break what it breaks',
    file: `${room}/scenarios/scenario-runner.ts`,
    text: `return byHand ? 'by_hand' : 'nowhere';`,
    replacement: `return 'by_hand';`,
    test: killedBy(`${room}/scenarios/scenario-runner.spec.ts`)(
      'tells of each story whether it can run here',
    ),
  },
  {
    mutation: 'fault controls: a plan goes on after it was stopped',
    file: `${room}/faults/fault-scheduler.ts`,
    text: 'clearTimeout(this.timer);',
    replacement: '',
    test: killedBy(`${room}/faults/fault-scheduler.spec.ts`)(
      'breaks nothing more when it is stopped',
    ),
  },
];
