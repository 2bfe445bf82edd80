import { useState } from 'preact/hooks';
import { AnswerProblem, signInAsDemo } from '../live/api.js';
import { hasDemoControls, signIn } from '../live/session.js';
import { readToken } from '../live/token.js';
import { PageTitle } from '../parts/page-title.js';
import { BrandMark } from '../parts/shell.js';
import { ProblemBox } from '../parts/small.js';
import { asProblem } from '../parts/use-data.js';
import { DEMO_CUSTOMERS } from '../shop/basket.js';

export function SignInPage() {
  return (
    <main class="sign-in" id="main">
      <div class="sign-in-brand">
        <BrandMark />
        <PageTitle title="Sign in" />
        <p>
          The control room of <b>effectively-once</b>: a payment system that proves that no payment
          is lost or doubled.
        </p>
      </div>
      {hasDemoControls ? <DemoSignIn /> : null}
      <TokenSignIn isAlone={!hasDemoControls} />
    </main>
  );
}

function DemoSignIn() {
  const [user, setUser] = useState<string>(DEMO_CUSTOMERS[0]);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<AnswerProblem>();
  const enter = (who: Parameters<typeof signInAsDemo>[0]) => {
    setBusy(true);
    setProblem(undefined);
    signInAsDemo(who)
      .catch((error: unknown) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  return (
    <section class="panel" aria-label="Demo sign-in">
      <button
        type="button"
        class="button primary big"
        disabled={isBusy}
        onClick={() => enter({ role: 'operator' })}
      >
        Sign in as demo operator
        <small>see everything: the pipeline, every payment, the audit</small>
      </button>
      <div class="sign-in-customer">
        <button
          type="button"
          class="button big"
          disabled={isBusy}
          onClick={() => enter({ role: 'customer', user })}
        >
          Sign in as demo customer
          <small>only the shop</small>
        </button>
        <label>
          <span class="hidden">Customer</span>
          <select value={user} onChange={(event) => setUser(event.currentTarget.value)}>
            {DEMO_CUSTOMERS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      {problem ? <ProblemBox problem={problem} /> : null}
    </section>
  );
}

function TokenSignIn({ isAlone }: { isAlone: boolean }) {
  const [problem, setProblem] = useState<AnswerProblem>();
  const enter = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const entry = form.get('token');
    const pasted = typeof entry === 'string' ? entry.trim() : '';
    if (readToken(pasted)) signIn(pasted);
    else setProblem(new AnswerProblem(0, 'Not a token', 'A token has three parts, with dots.'));
  };
  const form = (
    <form onSubmit={enter} class="token-form">
      <label>
        Operator token
        <input name="token" type="password" autoComplete="off" spellcheck={false} required />
      </label>
      <p class="dim">
        Print one with <code>npm run -s token -- ops --role operator</code>. It stays in this tab.
      </p>
      <button type="submit" class={isAlone ? 'button primary' : 'button'}>
        Sign in
      </button>
      {problem ? <ProblemBox problem={problem} /> : null}
    </form>
  );
  if (isAlone) return <section class="panel">{form}</section>;
  return (
    <details class="panel token-details">
      <summary>Sign in with a token</summary>
      {form}
    </details>
  );
}
