import type { ScenarioRun } from '@effectively-once/scenarios';
import { Badge, type Tone } from '../../parts/small.js';
import type { IconName } from '../../parts/icons.js';

type State = ScenarioRun['state'];

const SHOWN: Record<State, { tone: Tone; icon: IconName; text: string }> = {
  queued: { tone: 'calm', icon: 'none', text: 'waits' },
  running: { tone: 'late', icon: 'late', text: 'runs' },
  ok: { tone: 'ok', icon: 'ok', text: 'as told' },
  failed: { tone: 'bad', icon: 'violated', text: 'not as told' },
  stopped: { tone: 'calm', icon: 'dead', text: 'stopped' },
  interrupted: { tone: 'calm', icon: 'dead', text: 'interrupted' },
};

export const isOver = (state: State): boolean => state !== 'queued' && state !== 'running';

export function RunState({ state }: { state: State }) {
  const { tone, icon, text } = SHOWN[state];
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}
