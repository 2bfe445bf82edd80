import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { navigate, route, withQuery } from './live/router.js';
import { claims, isOperator, signOut } from './live/session.js';
import { AlertsPage } from './pages/alerts/alerts.js';
import { AuditPage } from './pages/audit/audit.js';
import { BreakPage } from './pages/break/break.js';
import { ConsumersPage } from './pages/consumers/consumers.js';
import { DeadLettersPage } from './pages/dead-letters/dead-letters.js';
import { LabPage } from './pages/labs/lab.js';
import { LabsPage } from './pages/labs/labs.js';
import { OverviewPage } from './pages/overview/overview.js';
import { ImportPage } from './pages/payment/bundle/import.js';
import { PaymentPage } from './pages/payment/payment.js';
import { PaymentsPage } from './pages/payments.js';
import { ScenarioRunPage } from './pages/scenarios/scenario-run.js';
import { ScenariosPage } from './pages/scenarios/scenarios.js';
import { SignInPage } from './pages/sign-in.js';
import { PageTitle } from './parts/page-title.js';
import { Empty } from './parts/small.js';
import { CustomerShell, OperatorShell } from './parts/shell.js';
import { ShopPage } from './shop/shop.js';

/** Chooses by token and address: the sign-in, the customer's Shop, or a page of the operator. */
export function App() {
  useEndOfSession();
  useRedirects();
  if (claims.value === null) return <SignInPage />;
  if (!isOperator.value) {
    return (
      <CustomerShell>
        <ShopPage />
      </CustomerShell>
    );
  }
  return <OperatorShell>{operatorPage(route.value.path)}</OperatorShell>;
}

function operatorPage(path: string): ComponentChildren {
  if (path === '/payments/import') return <ImportPage />;
  const payment = /^\/payments\/([^/]+)$/.exec(path)?.[1];
  if (payment !== undefined) return <PaymentPage key={payment} id={decoded(payment)} />;
  const run = /^\/scenarios\/runs\/([^/]+)$/.exec(path)?.[1];
  if (run !== undefined) return <ScenarioRunPage key={run} id={decoded(run)} />;
  const lab = /^\/labs\/([^/]+)$/.exec(path)?.[1];
  if (lab !== undefined) return <LabPage key={lab} name={decoded(lab)} />;
  switch (path) {
    case '/':
      return <OverviewPage />;
    case '/shop':
      return <ShopPage />;
    case '/payments':
      return <PaymentsPage />;
    case '/audit':
      return <AuditPage />;
    case '/scenarios':
      return <ScenariosPage />;
    case '/break':
      return <BreakPage />;
    case '/labs':
      return <LabsPage />;
    case '/consumers':
      return <ConsumersPage />;
    case '/dead-letters':
      return <DeadLettersPage />;
    case '/alerts':
      return <AlertsPage />;
    default:
      return <NothingHere />;
  }
}

function NothingHere() {
  return (
    <>
      <PageTitle title="Nothing here" />
      <div class="panel">
        <Empty title="There is no page at this address.">
          <a href="/">Go to the overview</a>
        </Empty>
      </div>
    </>
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A hand-made address with a lone percent sign.
    return part;
  }
}

/** Without a token the address becomes `/sign-in?to=…`. After the sign-in it is the old one again. */
function useRedirects(): void {
  const { path, search } = route.value;
  const isIn = claims.value !== null;
  useEffect(() => {
    if (!isIn && path !== '/sign-in') {
      navigate(withQuery('/sign-in', { to: path === '/' ? null : path + search }), {
        replace: true,
      });
    }
    if (isIn && path === '/sign-in') {
      const to = new URLSearchParams(search).get('to') ?? '/';
      navigate(/^\/(?![/\\])/.test(to) ? to : '/', { replace: true });
    }
    if (isIn && !isOperator.value && path !== '/shop') navigate('/shop', { replace: true });
  }, [isIn, path, search]);
}

// A timer waits for 24.8 days at most. A token that lives longer ends with the tab.
const TIMER_MAX_MS = 2 ** 31 - 1;

function useEndOfSession(): void {
  const expiresAtMs = claims.value?.expiresAtMs ?? null;
  useEffect(() => {
    if (expiresAtMs === null) return;
    const leftMs = expiresAtMs - Date.now();
    if (leftMs > TIMER_MAX_MS) return;
    const timer = setTimeout(signOut, Math.max(0, leftMs));
    return () => clearTimeout(timer);
  }, [expiresAtMs]);
}
