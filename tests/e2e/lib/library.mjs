// The library as somebody (person.mjs) fills it.
//   const library = new Library(admin);
//   const { content } = await library.add(bytes, { filename: 'a.png', replaces: id });    // once it has been looked at
import assert from 'node:assert/strict';

import { eventually } from './headend.mjs';

export class Library {
  constructor(person) { this.person = person; }

  async add(data, metadata) {
    const { headend, browser, csrf } = this.person;
    const text = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',');
    const answer = await headend.request('POST', '/api/v1/uploads', { cookie: browser.cookie, body: data,
      headers: { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'upload-length': data.length, 'upload-metadata': text, 'content-type': 'application/offset+octet-stream' } });
    assert.equal(answer.status, 201, answer.text);
    let upload;
    await eventually(async () => {
      upload = (await this.person.get(answer.headers.location, { 'tus-resumable': '1.0.0' })).json();
      return ['done', 'refused'].includes(upload.state);
    }, 60000, 'the end of the look at it');
    assert.equal(upload.state, 'done', upload.refusal);
    return upload;
  }
}
