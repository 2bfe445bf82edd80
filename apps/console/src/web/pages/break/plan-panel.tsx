import { useState } from 'preact/hooks';
import {
  PLAN_MINUTES_MAX,
  PLAN_PRESETS,
  seedOf,
} from '@effectively-once/scenarios/faults/plan-seed';
import type { RunningPlan } from '../../../control-room/wire/faults.js';
import { clock } from '../../live/render.js';
import { CopyButton } from '../../parts/small.js';
import { ageText } from '../../parts/text/relative-time.js';

type Preset = keyof typeof PLAN_PRESETS;
const PRESETS = Object.keys(PLAN_PRESETS) as Preset[];

interface PlanProps {
  plan: RunningPlan | null;
  start: (seed: string) => void;
  stop: () => void;
}

/** Breaks one thing after the other. The seed names the whole plan, so a plan can be repeated. */
export function PlanPanel({ plan, start, stop }: PlanProps) {
  const [preset, setPreset] = useState<Preset>('calm');
  const [minutes, setMinutes] = useState(2);
  const [number, setNumber] = useState(() => Date.now() % 1_000_000);
  const seed = plan?.seed ?? seedOf(preset, minutes, number);
  const command = `npm run test:faults -- --plan ${seed}`;
  return (
    <section
      class="panel break-bar"
      aria-labelledby="plan"
      data-plan={plan ? plan.seed : undefined}
    >
      <h2 id="plan">Scheduler</h2>
      {plan ? (
        <>
          <p class="num">{progressOf(plan)}</p>
          <button type="button" class="button" onClick={stop}>
            Stop the plan
          </button>
        </>
      ) : (
        <>
          <label>
            Preset
            <select
              value={preset}
              onChange={({ currentTarget }) => setPreset(currentTarget.value as Preset)}
            >
              {PRESETS.map((each) => (
                <option key={each} value={each}>
                  {each}: one every {PLAN_PRESETS[each].everyS} s
                </option>
              ))}
            </select>
          </label>
          <NumberField label="Minutes" max={PLAN_MINUTES_MAX} value={minutes} set={setMinutes} />
          <NumberField label="Number" max={999_999_999} value={number} set={setNumber} />
          <button type="button" class="button" onClick={() => start(seed)}>
            Start the plan
          </button>
        </>
      )}
      <p>
        The same faults on a stack of its own: <code>{command}</code>{' '}
        <CopyButton text={command} label="command" />
      </p>
    </section>
  );
}

function progressOf({ done, total, next }: RunningPlan): string {
  const so = `${done} of ${total} faults`;
  if (!next) return `${so}; the last one ends`;
  return `${so}; next: ${next.kind} ${next.target} in ${ageText(Date.parse(next.at) - clock.value)}`;
}

interface FieldProps {
  label: string;
  max: number;
  value: number;
  set: (value: number) => void;
}

const NumberField = ({ label, max, value, set }: FieldProps) => (
  <label>
    {label}
    <input
      type="number"
      min="1"
      max={max}
      value={value}
      onInput={({ currentTarget }) => set(Number(currentTarget.value))}
    />
  </label>
);
