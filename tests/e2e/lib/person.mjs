// Somebody who is signed in and asks the API; each answer is held against its description.
//   const admin = await Person.signIn(headend, api);                                   // api: readOpenapi(…)
//   const ed = await Person.add(headend, api, 'ed', 'editor:channel=lobby');           // another one, with these roles
//   const answer = await ed.ask('PATCH', '/api/v1/…', { title: 'x' }, { 'if-match': '*' });
//   await ed.refused(403, 'not-permitted', 'DELETE', '/api/v1/…');                     // -> the problem
import assert from 'node:assert/strict';

import { Browser, signIn } from './headend-browser.mjs';

const PASSWORD = 'long enough to be one';

export class Person {
  constructor(headend, api, browser) { Object.assign(this, { headend, api, browser }); }

  static async of(headend, api, browser) {
    const person = new Person(headend, api, browser);
    person.csrf = (await headend.request('GET', '/api/v1/session', { cookie: browser.cookie })).json().csrf;
    return person;
  }

  static async signIn(headend, api) { return Person.of(headend, api, await signIn(headend)); }

  static async add(headend, api, name, ...roles) {
    await headend.cliInput(`${PASSWORD}\n`, 'user', 'add', name, ...roles.flatMap((role) => ['--role', role]), '--password-stdin');
    const browser = new Browser(headend);
    await browser.signIn(name, PASSWORD);
    return Person.of(headend, api, browser);
  }

  // As lib/console.mjs takes it.
  get consoleCookie() { return `__Host-pingplay-admin=${this.browser.cookies.get('__Host-pingplay-admin')}`; }

  async ask(method, target, body, headers = {}) {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await this.headend.request(method, target, { cookie: this.browser.cookie, body: body && JSON.stringify(body),
      headers: { accept: 'application/json', ...(method === 'GET' ? {} : { 'pingplay-csrf': this.csrf }), ...json, ...headers } });
    this.api.check(method, target, answer);
    return answer;
  }

  get(target, headers) { return this.ask('GET', target, undefined, headers); }

  async refused(status, code, ...request) {
    const answer = await this.ask(...request);
    assert.equal(`${answer.status} ${answer.status < 300 ? answer.text : answer.json().code}`, `${status} ${code}`, answer.text);
    return answer.json();
  }
}
