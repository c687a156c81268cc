// What a browser does with the headend's pages, without one: cookies, forms, hidden fields.
//
//   const browser = await signIn(headend);                          // as "admin"
//   const page = await browser.get('/admin/enrol?user_code=BCDF-GHJK');    // -> { status, headers, text }
//   await browser.decide('BCDF-GHJK', 'approve', { name: 'Door', channel: 'lobby' });
export class Browser {
  constructor(headend, headers = {}) {
    this.headend = headend;
    this.headers = { accept: 'text/html', ...headers };
    this.cookies = new Map();
  }

  get cookie() { return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') || undefined; }

  keep(response) {
    for (const header of response.headers['set-cookie'] ?? []) {
      const [name, value] = header.split(';')[0].split(/=(.*)/s);
      if (/max-age=0/i.test(header)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  async get(path) {
    return this.keep(await this.headend.request('GET', path, { headers: this.headers, cookie: this.cookie }));
  }

  async post(path, fields, headers = {}) {
    return this.keep(await this.headend.form(path, fields, { headers: { ...this.headers, ...headers }, cookie: this.cookie }));
  }

  // The page's CSRF token.
  static token(page) { return /name="csrf" value="([^"]+)"/.exec(page.text)?.[1]; }

  async signIn(name, password, next) {
    const page = await this.get(`/admin/sign-in${next ? `?next=${encodeURIComponent(next)}` : ''}`);
    const [, target] = /name="next" value="([^"]*)"/.exec(page.text);
    return this.post('/admin/sign-in', { csrf: Browser.token(page), name, password, next: target.replaceAll('&amp;', '&') });
  }

  // The groups of the fingerprint that an approval page shows; undefined in the place of the one that it asks for.
  static groups(page) {
    return [...page.text.matchAll(/class="group">([0-9a-f]{4})<|name="fingerprint"/g)].map(([, group]) => group);
  }

  // Answers with the group that stands on the screen, unless the fields have another.
  async decide(code, action, fields = {}) {
    const page = await this.get(`/admin/enrol?user_code=${code}`);
    const shown = (await this.headend.fingerprintShown(code))?.split(' ') ?? [];
    return this.post('/admin/enrol', {
      csrf: Browser.token(page), user_code: code, fingerprint: shown[Browser.groups(page).indexOf(undefined)] ?? '', name: 'Screen', site: '', channel: '', time_zone: 'Europe/Paris',
      locale: 'en', action, ...fields,
    });
  }
}

export async function signIn(headend, headers) {
  const browser = new Browser(headend, headers);
  const answer = await browser.signIn('admin', headend.password);
  if (answer.status !== 303) throw new Error(`sign-in: ${answer.status}`);
  return browser;
}
