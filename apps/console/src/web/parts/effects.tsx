import type {
  EffectState,
  PaymentState,
  PaymentSummary,
} from '../../control-room/wire/evidence.js';
import { Icon, type IconName } from './icons.js';
import { Badge, type Tone } from './small.js';

const STATES: Record<EffectState, { tone: Tone; icon: IconName; word: string }> = {
  done: { tone: 'ok', icon: 'ok', word: 'done' },
  due: { tone: 'calm', icon: 'late', word: 'due' },
  late: { tone: 'late', icon: 'late', word: 'late' },
  lost: { tone: 'bad', icon: 'violated', word: 'lost' },
  doubled: { tone: 'bad', icon: 'twice', word: 'doubled' },
  dead_lettered: { tone: 'late', icon: 'dead', word: 'dead-lettered' },
  unknown: { tone: 'late', icon: 'stale', word: 'unknown' },
  none: { tone: 'calm', icon: 'none', word: 'none' },
};

const CONSUMER_NAMES = ['email', 'loyalty', 'search'] as const;

/** The three effects of a payment: an icon each, and the word of each that is not simply done. */
export function Effects({ effects }: { effects: PaymentSummary['effects'] }) {
  return (
    <span class="effects">
      {CONSUMER_NAMES.map((name) => {
        const { tone, icon, word } = STATES[effects[name]];
        const isPlain = effects[name] === 'done' || effects[name] === 'none';
        return (
          <span key={name} class={`effect tone-${tone}`} title={`${name}: ${word}`}>
            <Icon name={icon} />
            <span class="effect-name">{name}</span>
            <span class={isPlain ? 'hidden' : 'effect-word'}> {word}</span>
          </span>
        );
      })}
    </span>
  );
}

const STATUS_TONES: Record<PaymentState, { tone: Tone; icon: IconName }> = {
  COMPLETED: { tone: 'ok', icon: 'ok' },
  DECLINED: { tone: 'calm', icon: 'none' },
  FAILED: { tone: 'bad', icon: 'dead' },
  PENDING: { tone: 'calm', icon: 'late' },
  UNKNOWN: { tone: 'late', icon: 'stale' },
};

export function StatusWord({ status }: { status: PaymentState }) {
  const { tone, icon } = STATUS_TONES[status];
  return (
    <Badge tone={tone} icon={icon}>
      {status.toLowerCase()}
    </Badge>
  );
}
