import type { ComponentChildren } from 'preact';
import { Why } from '../../parts/why-disclosure.js';
import type { WhyName } from '../../why.js';
import type { Tone } from '../../parts/small.js';

/** One link of the pipeline: its name, one large number, and smaller ones below. */
export function LinkBox({ name, why, title, href, tone = 'ok', state, children }: LinkBoxProps) {
  return (
    <article class={`link-box box-${name} edge-${tone}`} aria-label={title}>
      <header>
        <h2>{href ? <a href={href}>{title}</a> : title}</h2>
        {state}
        <Why name={why} about={title} />
      </header>
      {children}
    </article>
  );
}

interface LinkBoxProps {
  name: string;
  why: WhyName;
  title: string;
  href?: string;
  tone?: Tone;
  state?: ComponentChildren;
  children: ComponentChildren;
}

export function Big({ value, unit }: { value: string; unit: string }) {
  return (
    <p class="big">
      <b class="num">{value}</b> <span>{unit}</span>
    </p>
  );
}

/** Names and values in two columns. Values are tabular, so that they do not jump. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value, tone, title }) => (
        <div key={name} title={title}>
          <dt>{name}</dt>
          <dd class={tone ? `num tone-${tone}` : 'num'}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Fact {
  name: string;
  value: ComponentChildren;
  tone?: Tone | undefined;
  title?: string | undefined;
}
