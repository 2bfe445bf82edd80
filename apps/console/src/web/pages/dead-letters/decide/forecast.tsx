import type { RedriveForecast } from '../../../../control-room/wire/dead-letters.js';
import { count as shown } from '../../../parts/text/numbers.js';

interface ForecastProps {
  forecast: RedriveForecast;
  /** What the redrive would send. */
  count: number;
  left: number;
}

/** The three counts of a dry run, and whatever else stops a dead letter. */
export function Forecast({ forecast, count, left }: ForecastProps) {
  const { toSend, absorbed, unknown, unknownBecause, loopGuard, gone, inAction } = forecast;
  return (
    <div class="forecast" role="status" data-count={count}>
      <dl>
        <Number name="to-send" value={toSend} word="to send" meaning="their effect is missing" />
        <Number
          name="absorbed"
          value={absorbed}
          word="already done"
          meaning="sent, and absorbed: the consumer recognises them"
        />
        <Number
          name="loop-guard"
          value={loopGuard}
          word="stopped by the loop guard"
          meaning="not sent: redriven three times already"
        />
        {unknown > 0 ? (
          <Number
            name="unknown"
            value={unknown}
            word="not known"
            meaning={`sent, but it cannot be said whether they are done (${unknownBecause.join('; ')})`}
          />
        ) : null}
        {gone > 0 ? (
          <Number name="gone" value={gone} word="gone" meaning="not sent: the record is gone" />
        ) : null}
        {inAction > 0 ? (
          <Number
            name="in-action"
            value={inAction}
            word="in another redrive"
            meaning="not sent: it is not finished"
          />
        ) : null}
      </dl>
      <p class="dim">
        Looked up in: {forecast.source}.
        {left > 0 ? ` ${shown(left)} more match; at most 10,000 are redriven at once.` : ''}
      </p>
    </div>
  );
}

interface NumberProps {
  name: string;
  value: number;
  word: string;
  meaning: string;
}

function Number({ name, value, word, meaning }: NumberProps) {
  return (
    <div class={value > 0 ? `is-${name}` : 'is-zero'} data-forecast={name} data-value={value}>
      <dt>{word}</dt>
      <dd>
        <b class="num">{shown(value)}</b>
        <small>{meaning}</small>
      </dd>
    </div>
  );
}
