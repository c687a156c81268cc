// The console's addresses, below /console. Pages are named by what stands in the address bar, so that each can be kept and sent.
export const BASE = '/console';

export type Route =
  | { readonly page: 'screens' }
  | { readonly page: 'screen'; readonly id: string }
  | { readonly page: 'groups' }
  | { readonly page: 'group'; readonly id: string }
  | { readonly page: 'settings'; readonly site: string }
  | { readonly page: 'add'; readonly code: string }
  | { readonly page: 'content' }
  | { readonly page: 'content-one'; readonly id: string }
  | { readonly page: 'channels' }
  | { readonly page: 'channel'; readonly id: string }
  | { readonly page: 'schedule'; readonly id: string }
  | { readonly page: 'feeds' }
  | { readonly page: 'feed'; readonly id: string }
  | { readonly page: 'account' }
  | { readonly page: 'alerts' }
  | { readonly page: 'messages' }
  | { readonly page: 'more' }
  | { readonly page: 'people' }
  | { readonly page: 'licences' }
  | { readonly page: 'reports'; readonly query: string }
  | { readonly page: 'setup' }
  | { readonly page: 'sign-in'; readonly next: string }
  | { readonly page: 'not-found' };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const CHANNEL = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function routeOf(path: string, query = ''): Route {
  const parameters = new URLSearchParams(query);
  const segments = path.replace(/^\/console\/?/, '').replace(/\/$/, '').split('/');
  const [first = '', second] = segments;
  if (segments.length === 1 && (first === '' || first === 'screens')) return { page: 'screens' };
  if (segments.length === 2 && first === 'screens' && second && UUID.test(second)) return { page: 'screen', id: second };
  if (segments.length === 1 && first === 'groups') return { page: 'groups' };
  if (segments.length === 2 && first === 'groups' && second && UUID.test(second)) return { page: 'group', id: second };
  if (segments.length === 1 && first === 'settings') return { page: 'settings', site: parameters.get('site') ?? '' };
  if (segments.length === 1 && first === 'channels') return { page: 'channels' };
  if (segments.length === 2 && first === 'channels' && second && CHANNEL.test(second)) return { page: 'channel', id: second };
  if (segments.length === 3 && first === 'channels' && second && CHANNEL.test(second) && segments[2] === 'schedule') return { page: 'schedule', id: second };
  if (segments.length === 1 && first === 'feeds') return { page: 'feeds' };
  if (segments.length === 2 && first === 'feeds' && second && CHANNEL.test(second)) return { page: 'feed', id: second };
  if (segments.length === 1 && first === 'content') return { page: 'content' };
  if (segments.length === 2 && first === 'content' && second && UUID.test(second)) return { page: 'content-one', id: second };
  if (segments.length === 1 && first === 'add') return { page: 'add', code: parameters.get('user_code') ?? '' };
  if (segments.length === 1 && (first === 'alerts' || first === 'messages' || first === 'more' || first === 'people' || first === 'licences')) return { page: first };
  if (segments.length === 1 && first === 'reports') return { page: 'reports', query };
  if (segments.length === 1 && (first === 'account' || first === 'setup')) return { page: first };
  if (segments.length === 1 && first === 'sign-in') return { page: 'sign-in', next: safeNext(parameters.get('next')) };
  return { page: 'not-found' };
}

// Where to go after signing in: only to pages of ours.
export function safeNext(next: string | null): string {
  return next && /^\/console\/[A-Za-z0-9_\-/?=&.]*$/.test(next) && !next.includes('//') ? next : `${BASE}/`;
}

export const moved = new EventTarget();

export function go(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  moved.dispatchEvent(new Event('move'));
}

// Links to pages of ours are followed without loading; others, and those with a key held or a target, as ever.
export function startRouter(): void {
  addEventListener('popstate', () => moved.dispatchEvent(new Event('move')));
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a[href]') as HTMLAnchorElement | null;
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download') || link.origin !== location.origin || !link.pathname.startsWith(`${BASE}/`)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
