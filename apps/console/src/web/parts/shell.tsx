import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { route } from '../live/router.js';
import { claims, signOut } from '../live/session.js';
import { Icon, type IconName } from './icons.js';
import { theme, THEMES } from './theme.js';
import { VerdictStrip } from './verdict-strip.js';

const NAVIGATION: { name: string; pages: { path: string; name: string; icon: IconName }[] }[] = [
  {
    name: 'See',
    pages: [
      { path: '/', name: 'Overview', icon: 'overview' },
      { path: '/shop', name: 'Shop', icon: 'shop' },
      { path: '/payments', name: 'Payments', icon: 'payments' },
      { path: '/audit', name: 'Audit', icon: 'audit' },
    ],
  },
  {
    name: 'Break',
    pages: [
      { path: '/break', name: 'Break things', icon: 'break' },
      { path: '/scenarios', name: 'Scenarios', icon: 'scenarios' },
      { path: '/labs', name: 'Labs', icon: 'labs' },
    ],
  },
  {
    name: 'Operate',
    pages: [
      { path: '/consumers', name: 'Consumers', icon: 'consumers' },
      { path: '/dead-letters', name: 'Dead letters', icon: 'letters' },
      { path: '/alerts', name: 'Alerts', icon: 'alerts' },
    ],
  },
];

/** What is around every page of an operator. */
export function OperatorShell({ children }: { children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  const { path } = route.value;
  useEffect(() => setOpen(false), [path]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class={isOpen ? 'side is-open' : 'side'}>
        <div class="side-inner">
          <div class="brand">
            <a href="/" class="brand-name">
              <BrandMark />
              effectively-once
            </a>
            <button
              type="button"
              class="menu"
              aria-expanded={isOpen}
              aria-controls="navigation"
              onClick={() => setOpen(!isOpen)}
            >
              <Icon name="menu" />
              Menu
            </button>
          </div>
          <Navigation path={path} />
        </div>
      </header>
      <div class="column">
        <VerdictStrip />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

function Navigation({ path }: { path: string }) {
  const isCurrent = (page: string) =>
    page === path || (page !== '/' && path.startsWith(`${page}/`));
  return (
    <nav id="navigation" aria-label="Pages">
      {NAVIGATION.map((group) => (
        <section key={group.name}>
          <h2>{group.name}</h2>
          <ul>
            {group.pages.map((page) => (
              <li key={page.path}>
                <a href={page.path} aria-current={isCurrent(page.path) ? 'page' : undefined}>
                  <Icon name={page.icon} />
                  {page.name}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <Account />
    </nav>
  );
}

/** A customer has the Shop, and nothing around it. */
export function CustomerShell({ children }: { children: ComponentChildren }) {
  return (
    <div class="customer">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="customer-bar">
        <span class="brand-name">
          <BrandMark />
          effectively-once
        </span>
        <Account />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Account() {
  return (
    <div class="account">
      <label class="theme">
        <span>Theme</span>
        <select
          value={theme.value}
          onChange={(event) => {
            theme.value = THEMES.find((each) => each === event.currentTarget.value) ?? 'system';
          }}
        >
          <option value="system">System</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </label>
      <div class="who">
        <span title={claims.value?.userId}>{claims.value?.userId}</span>
        <button type="button" class="link" onClick={signOut}>
          Sign out
        </button>
      </div>
    </div>
  );
}

export function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="13" />
      <path d="M13 11.5 17.5 9v14" />
    </svg>
  );
}
