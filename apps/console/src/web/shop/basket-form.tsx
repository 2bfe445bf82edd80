import { useState } from 'preact/hooks';
import { customerTokens, hasDemoControls, isOperator } from '../live/session.js';
import { formatMoney } from '@effectively-once/contracts/money';
import {
  DEMO_CUSTOMERS,
  ITEMS,
  SHOP_CURRENCIES,
  TEST_CARDS,
  totalMinor,
  type Basket,
} from './basket.js';
import { ItemPicture } from './item-art.js';
import {
  basket,
  editBasket,
  payWithClicks,
  payAndLoseTheAnswer,
  payWithAnotherBody,
  payWithAnotherKey,
  requests,
  startNewBasket,
} from './shop-state.js';

const CLICKS = [1, 2, 10] as const;

export function BasketForm() {
  const [clicks, setClicks] = useState<number>(1);
  const { amountMinor, currency } = basket.value;
  return (
    <section class="panel basket" aria-label="Basket">
      <Items />
      <div class="basket-total">
        <span>Total</span>
        <strong class="num">{formatMoney(String(amountMinor), currency)}</strong>
      </div>
      <Fields />
      <div class="pay-row">
        <label class="clicks">
          Clicks
          <select value={clicks} onChange={(event) => setClicks(Number(event.currentTarget.value))}>
            {CLICKS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <button type="button" class="button primary pay" onClick={() => payWithClicks(clicks)}>
          Pay
        </button>
      </div>
      <Experiments />
    </section>
  );
}

function Items() {
  const { counts, currency } = basket.value;
  const setCount = (index: number, count: number) => {
    const next = counts.map((each, at) => (at === index ? Math.min(99, Math.max(0, count)) : each));
    if (totalMinor(next) > 0) editBasket({ counts: next, amountMinor: totalMinor(next) });
  };
  return (
    <ul class="items">
      {ITEMS.map(({ name, art, priceMinor }, index) => (
        <li key={name} class={counts[index] === 0 ? 'is-out' : ''}>
          <ItemPicture art={art} />
          <span class="item-name">
            {name}
            <small class="num">{formatMoney(String(priceMinor), currency)}</small>
          </span>
          <span class="stepper">
            <button
              type="button"
              aria-label={`One ${name} less`}
              onClick={() => setCount(index, (counts[index] ?? 0) - 1)}
            >
              −
            </button>
            <output class="num">{counts[index]}</output>
            <button
              type="button"
              aria-label={`One ${name} more`}
              onClick={() => setCount(index, (counts[index] ?? 0) + 1)}
            >
              +
            </button>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Fields() {
  const now = basket.value;
  const edit = (name: keyof Basket) => (event: { currentTarget: { value: string } }) =>
    editBasket({ [name]: event.currentTarget.value });
  return (
    <div class="fields">
      <Customer />
      <label>
        Card
        <select value={now.card} onChange={edit('card')}>
          {TEST_CARDS.map(({ id, name }) => (
            <option key={id} value={id} title={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Amount in minor units
        <input
          inputMode="numeric"
          value={now.amountMinor}
          onInput={(event) => {
            const digits = event.currentTarget.value.replace(/\D/g, '').slice(0, 10);
            editBasket({ amountMinor: Number(digits) });
          }}
        />
      </label>
      <label>
        Currency
        <select value={now.currency} onChange={edit('currency')}>
          {SHOP_CURRENCIES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label class="wide">
        Order id
        <input value={now.orderId} onInput={edit('orderId')} spellcheck={false} class="mono" />
      </label>
      <label class="wide">
        Idempotency-Key
        <input
          value={now.idempotencyKey}
          onInput={edit('idempotencyKey')}
          spellcheck={false}
          autoComplete="off"
          class="mono"
        />
      </label>
    </div>
  );
}

/** A customer pays for herself. An operator chooses a demo customer, or pastes a token of one. */
function Customer() {
  const { customer } = basket.value;
  if (!isOperator.value) {
    return (
      <label>
        Customer
        <input value={customer} readOnly />
      </label>
    );
  }
  if (hasDemoControls) {
    return (
      <label>
        Customer
        <select
          value={customer}
          onChange={(event) => editBasket({ customer: event.currentTarget.value })}
        >
          {DEMO_CUSTOMERS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    );
  }
  return (
    <label>
      Customer token
      <input
        type="password"
        autoComplete="off"
        placeholder="npm run -s token -- alice"
        onInput={(event) => {
          customerTokens.value = { [customer]: event.currentTarget.value.trim() };
        }}
      />
    </label>
  );
}

function Experiments() {
  const isFresh = requests.value.length === 0;
  return (
    <div class="experiments">
      <h2>What else can go wrong</h2>
      <button type="button" class="button" onClick={payAndLoseTheAnswer}>
        Lose the answer and retry
      </button>
      <button type="button" class="button" onClick={payWithAnotherBody} disabled={isFresh}>
        Same key, another body
      </button>
      <button type="button" class="button" onClick={payWithAnotherKey} disabled={isFresh}>
        Another key, same order
      </button>
      <button type="button" class="button" onClick={startNewBasket}>
        New basket
      </button>
      {isFresh ? <p class="dim">Pay first: two of these need a payment to collide with.</p> : null}
    </div>
  );
}
