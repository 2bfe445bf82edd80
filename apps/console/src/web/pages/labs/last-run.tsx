import type { LabSummary } from '../../../control-room/wire/labs.js';
import { Badge, Time } from '../../parts/small.js';
import { NOT_RECORDED } from '../../parts/text/numbers.js';

/** The verdict of the last run on this machine, or that there is none. */
export function LastRun({ lab: { run, documented } }: { lab: LabSummary }) {
  if (!run) {
    return (
      <div class="lab-run">
        <Badge tone="calm">not run here</Badge>
        <span class="dim">documented run: {documented ?? NOT_RECORDED}</span>
      </div>
    );
  }
  const { claimsHeld, claimsBroken, seed, seconds, version, at } = run;
  const all = claimsHeld + claimsBroken;
  return (
    <div class="lab-run">
      {claimsBroken === 0 ? (
        <Badge tone="ok" icon="ok">
          {claimsHeld} of {all} hold
        </Badge>
      ) : (
        <Badge tone="bad" icon="violated">
          {claimsBroken} of {all} broken
        </Badge>
      )}
      <span class="dim num">
        seed {seed} · {seconds} s · {version}
      </span>
      <Time at={at} day />
    </div>
  );
}
