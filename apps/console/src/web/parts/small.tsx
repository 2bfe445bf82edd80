import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { AnswerProblem } from '../live/api.js';
import { Icon, type IconName } from './icons.js';
import { middleEllipsis } from './text/middle-ellipsis.js';
import { localDay, localTime } from './text/relative-time.js';
import { NOT_RECORDED } from './text/numbers.js';

/** A word with an icon and a colour. The word alone says everything. */
export function Badge({ tone, icon, children }: BadgeProps) {
  return (
    <span class={`badge tone-${tone}`}>
      {icon ? <Icon name={icon} /> : null}
      {children}
    </span>
  );
}

export type Tone = 'ok' | 'late' | 'bad' | 'calm';
interface BadgeProps {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
}

/** A long id, shortened in its middle, with the whole id in its title and on a copy button. */
export function Id({ value, href, max = 17, label }: IdProps) {
  const text = middleEllipsis(value, max);
  return (
    <span class="id">
      {href ? (
        <a href={href} title={value} class="mono">
          {text}
        </a>
      ) : (
        <span title={value} class="mono">
          {text}
        </span>
      )}
      <CopyButton text={value} label={label} />
    </span>
  );
}

interface IdProps {
  value: string;
  href?: string;
  max?: number;
  /** What is copied, for a screen reader: "payment id". */
  label: string;
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button
      type="button"
      class="copy"
      aria-label={copied ? 'Copied' : `Copy ${label}`}
      title={copied ? 'Copied' : `Copy ${label}`}
      onClick={() => void copy().catch(() => undefined)}
    >
      <Icon name={copied ? 'ok' : 'copy'} />
    </button>
  );
}

/** Local time to the millisecond, with UTC in its title. */
export function Time({ at, day = false }: { at: string | null; day?: boolean }) {
  const time = at === null ? null : localTime(at);
  if (at === null || time === null) return <span class="dim">{at ?? NOT_RECORDED}</span>;
  return (
    <time dateTime={at} title={`${at} (UTC)`} class="num">
      {day ? <span class="dim">{localDay(at)} </span> : null}
      {time}
    </time>
  );
}

/** A problem document with its title and detail, and a way to try again. */
export function ProblemBox({ problem, retry }: { problem: AnswerProblem; retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="violated" />
      <div>
        <strong>{problem.title}</strong>
        {problem.status > 0 ? <span class="dim num"> {problem.status}</span> : null}
        <p>{problem.detail}</p>
      </div>
      {retry ? (
        <button type="button" class="button" onClick={retry}>
          Retry
        </button>
      ) : null}
    </div>
  );
}

/** Grey bars in the size of what is to come, so that nothing jumps when it arrives. */
export function Skeleton({ rows }: { rows: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children ? <p>{children}</p> : null}
    </div>
  );
}
