import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { durationText } from '../../parts/text/relative-time.js';
import { axisScale, labelRows, type AxisScale } from './axis-scale.js';

/** Anything with a time: a step, and later a span of a trace. */
export interface AxisSpan {
  /** Becomes the `data-step`. */
  id: string;
  track: string;
  /** Milliseconds since 1970. */
  from: number;
  until: number | null;
  label: string;
  kind: 'ok' | 'failed' | 'waiting';
  /** The whole of it in words, for a screen reader and as a tooltip. */
  name: string;
}

export interface AxisBand {
  track: string;
  from: number;
  until: number;
  name: string;
}

interface TimeAxisProps {
  label: string;
  tracks: readonly { id: string; label: string }[];
  spans: readonly AxisSpan[];
  bands: readonly AxisBand[];
}

const ROW = 22;
const PAD = 8;
const TOP = 26;
const CHARACTER = 6.3;
/** Below this width labels would cover each other. The table says the same. */
const LABELS_FROM = 620;
const WIDTH_MIN = 200;

/** Tracks below each other on one axis of time. */
export function TimeAxis({ label, tracks, spans, bands }: TimeAxisProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const scale = useMemo(
    () => axisScale([...spans, ...bands].flatMap(({ from, until }) => [from, until ?? from])),
    [spans, bands],
  );
  const hasLabels = width >= LABELS_FROM;
  const left = hasLabels ? 84 : 66;
  const x = (ms: number) => left + 10 + scale.at(ms) * (width - left - (hasLabels ? 96 : 24));
  const places = tracks.map((track) => placed(track.id, spans, { x, width, hasLabels }));
  let y = TOP;
  const rows = tracks.map((track, index) => {
    const items = places[index] ?? [];
    const height = PAD * 2 + ROW * Math.max(1, ...items.map(({ row }) => row + 1));
    const top = y;
    y += height;
    return { track, items, top, height };
  });
  return (
    <div class="axis" ref={box}>
      <svg width={width} height={y + 6} role="group" aria-label={label}>
        <defs>
          <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse">
            <path d="M-1 8 8-1M-1 1 1-1M6 8 8 6" />
          </pattern>
        </defs>
        <Grid scale={scale} left={left} width={width} height={y} x={x} hasLabels={hasLabels} />
        {rows.map(({ track, items, top, height }) => (
          <g key={track.id}>
            <line class="axis-line" x1="0" x2={width} y1={top} y2={top} />
            <text class="axis-track" x="0" y={top + PAD + 15}>
              {track.label}
            </text>
            <Bands
              bands={bands.filter((band) => band.track === track.id)}
              x={x}
              top={top}
              height={height}
            />
            {items.map((item) => (
              <Mark key={item.span.id} item={item} top={top} hasLabel={hasLabels} />
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

interface BandsProps {
  bands: AxisBand[];
  x: (ms: number) => number;
  top: number;
  height: number;
}

function Bands({ bands, x, top, height }: BandsProps) {
  return bands.map(({ from, until, name }) => (
    <g key={`${from} ${name}`} role="img" aria-label={name} class="axis-band">
      <title>{name}</title>
      <rect x={x(from)} y={top + 1} width={Math.max(4, x(until) - x(from))} height={height - 1} />
    </g>
  ));
}

function useWidth(box: { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(960);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setWidth(Math.max(WIDTH_MIN, element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}

interface Placed {
  span: AxisSpan;
  x: number;
  width: number;
  row: number;
  /** The label stands left of the mark, because there is no room right of it. */
  isLeft: boolean;
}

interface Layout {
  x: (ms: number) => number;
  width: number;
  hasLabels: boolean;
}

function placed(track: string, spans: readonly AxisSpan[], layout: Layout): Placed[] {
  const mine = spans
    .filter((span) => span.track === track)
    .sort((one, other) => one.from - other.from)
    .map((span) => {
      const x = layout.x(span.from);
      const width = span.until === null ? 0 : Math.max(0, layout.x(span.until) - x);
      const labelWidth = layout.hasLabels ? span.label.length * CHARACTER + 12 : 0;
      const isLeft = x + width + labelWidth > layout.width;
      const from = isLeft ? x - labelWidth - 6 : x - 6;
      const to = isLeft ? x + width + 8 : x + width + labelWidth + 8;
      return { span, x, width, isLeft, from, to };
    });
  const rows = labelRows(mine);
  return mine.map((item, index) => ({ ...item, row: rows[index] ?? 0 }));
}

function Mark({ item, top, hasLabel }: { item: Placed; top: number; hasLabel: boolean }) {
  const { span, x, width, row, isLeft } = item;
  const y = top + PAD + row * ROW + ROW / 2;
  return (
    <g data-step={span.id} role="img" aria-label={span.name} class={`axis-mark is-${span.kind}`}>
      <title>{span.name}</title>
      {width > 6 ? (
        <rect x={x} y={y - 5} width={width} height="10" rx="3" />
      ) : span.kind === 'failed' ? (
        <path d={`M${x - 5} ${y}l5 -5 5 5 -5 5z`} />
      ) : (
        <circle cx={x} cy={y} r="4.5" />
      )}
      {hasLabel ? (
        <text
          x={isLeft ? x - 9 : x + Math.max(width > 6 ? width : 0, 3) + 6}
          y={y + 4}
          text-anchor={isLeft ? 'end' : 'start'}
        >
          {span.label}
        </text>
      ) : null}
    </g>
  );
}

interface GridProps {
  scale: AxisScale;
  left: number;
  width: number;
  height: number;
  x: (ms: number) => number;
  hasLabels: boolean;
}

function Grid({ scale, left, width, height, hasLabels }: GridProps) {
  const place = (at: number) => left + 10 + at * (width - left - (hasLabels ? 96 : 24));
  const ticks = hasLabels ? scale.ticks : scale.ticks.filter((_, index) => index % 3 === 0);
  return (
    <g aria-hidden="true">
      {ticks.map(({ at, ms }) => (
        <g key={ms}>
          <line class="axis-tick" x1={place(at)} x2={place(at)} y1={TOP - 6} y2={height} />
          <text class="axis-time" x={place(at)} y="12" text-anchor={ms === 0 ? 'start' : 'middle'}>
            {durationText(ms)}
          </text>
        </g>
      ))}
      {scale.breaks.map(({ from, to, ms }) => (
        <g key={from} class="axis-break">
          <rect x={place(from)} y={TOP} width={place(to) - place(from)} height={height - TOP} />
          {hasLabels ? (
            <text x={place((from + to) / 2)} y="12" text-anchor="middle">
              {durationText(ms)}
            </text>
          ) : null}
          <path d={zigzag(place(from), TOP, height)} />
          <path d={zigzag(place(to), TOP, height)} />
        </g>
      ))}
    </g>
  );
}

function zigzag(x: number, top: number, bottom: number): string {
  let path = `M${x} ${top}`;
  for (let y = top + 5, side = 3; y <= bottom; y += 5, side = -side) path += `L${x + side} ${y}`;
  return path;
}
