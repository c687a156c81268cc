// Publishing from the library, as somebody (person.mjs) does it.
//   const publishing = new Publishing(headend, admin);
//   await publishing.draft('lobby', { items: [{ content }] });          // the channel is made where there is none
//   const place = await publishing.ask('lobby', { note: 'Spring' });    // the job's address
//   const job = await publishing.ended(place);                          // done or failed
//   const job = await publishing.publish('lobby', [{ content }]);       // all of that
//   const manifest = await publishing.published('lobby');               // verified, opened, with its objects in clear
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { verifyRepository } from './headend-repo.mjs';
import { eventually } from './headend.mjs';

export const sha256 = (data) => createHash('sha256').update(data).digest('hex');
export const draftOf = (channel) => `/api/v1/channels/${channel}/draft`;

export class Publishing {
  constructor(headend, person) {
    Object.assign(this, { headend, person, removed: [] }); // channels that were removed
  }

  async draft(channel, document, who = this.person) {
    let { status, headers } = await who.get(draftOf(channel));
    if (status === 404) {
      await this.person.ask('POST', '/api/v1/channels', { id: channel, title: channel });
      ({ status, headers } = await who.get(draftOf(channel)));
    }
    const answer = await who.ask('PUT', draftOf(channel), document, { 'if-match': headers.etag });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  }

  async changes(channel) { return (await this.person.get(`${draftOf(channel)}/changes`)).json(); }

  async ask(channel, body = {}, who = this.person, what = 'publish') {
    const answer = await who.ask('POST', `/api/v1/channels/${channel}/${what}`, body);
    assert.equal(answer.status, 202, answer.text);
    assert.match(answer.headers.location, new RegExp(`^/api/v1/channels/${channel}/jobs/[0-9a-f-]{36}$`));
    return answer.headers.location;
  }

  async ended(place, who = this.person) {
    let job;
    await eventually(async () => {
      job = (await who.get(place)).json();
      return ['done', 'failed'].includes(job.state);
    }, 60000, 'the end of the job');
    return job;
  }

  async publish(channel, items, more = {}, body = {}) {
    await this.draft(channel, { items, ...more });
    const job = await this.ended(await this.ask(channel, body));
    assert.equal(job.state, 'done', job.refusal);
    return job;
  }

  async published(channel) {
    const keys = { [channel]: await this.headend.channelKey(channel) };
    return (await verifyRepository(this.headend.dir, keys, Date.now(), this.removed)).channels[channel].manifest;
  }

  // The hashes of what is published.
  async clears(channel) { return Object.values((await this.published(channel)).objects).map(({ clear }) => sha256(clear)); }
}
