// What a channel's draft looks like, as a program sees it.
//   const picture = await previewStill(admin, 'lobby', { at: '2026-12-01T08:00:00Z' });   // as of readPng: width, height, at(x, y)
//   const preview = await openPreview(admin, 'lobby', {});                                // a running one
//   await preview.wait((picture) => …, 'blue');  preview.pictures; preview.ended; preview.close();
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import https from 'node:https';

import { eventually } from './headend.mjs';

const query = (asked) => { const text = new URLSearchParams(asked).toString(); return text ? `?${text}` : ''; };

// By ffmpeg, another decoder than the page's.
export async function readJpeg(data) {
  const child = spawn('ffmpeg', ['-loglevel', 'error', '-nostdin', '-f', 'jpeg_pipe', '-i', '-', '-pix_fmt', 'rgb24', '-f', 'image2pipe', '-c:v', 'ppm', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const parts = [];
  child.stdout.on('data', (part) => parts.push(part));
  child.stdin.end(data);
  await new Promise((resolve, reject) => { child.on('error', reject); child.on('close', resolve); });
  const ppm = Buffer.concat(parts);
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 64).toString('latin1'));
  assert(head, 'not a JPEG');
  const [width, height] = [Number(head[1]), Number(head[2])];
  const start = head[0].length;
  return { width, height, at: (x, y) => [0, 1, 2].map((i) => ppm[start + (y * width + x) * 3 + i]) };
}

export async function previewStill(person, channel, asked = {}) {
  const answer = await person.headend.request('GET', `/api/v1/channels/${channel}/preview.jpg${query(asked)}`, { cookie: person.browser.cookie, headers: { accept: 'image/jpeg' } });
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  assert.equal(answer.headers['content-type'], 'image/jpeg');
  return readJpeg(answer.body);
}

class Preview {
  pictures = []; // JPEGs
  ended = false;
  rest = Buffer.alloc(0);

  take(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      const end = this.rest.indexOf('\r\n\r\n');
      const head = end < 0 ? null : /^--picture\r\nContent-Type: image\/jpeg\r\nContent-Length: (\d+)$/.exec(this.rest.subarray(0, end).toString('latin1'));
      if (!head || this.rest.length < end + 6 + Number(head[1])) return;
      this.pictures.push(this.rest.subarray(end + 4, end + 4 + Number(head[1])));
      this.rest = this.rest.subarray(end + 6 + Number(head[1]));
    }
  }

  async wait(check, what) {
    let seen = 0;
    let last;
    await eventually(async () => {
      for (; seen < this.pictures.length; seen++) {
        last = await readJpeg(this.pictures[seen]);
        if (check(last)) return true;
      }
      assert(!this.ended, `the preview has ended without ${what}`);
      return false;
    }, 30000, what);
    return last;
  }

  close() { this.call.destroy(); }
}

// The answer where there is none: { status, problem }.
export function openPreview(person, channel, asked = {}) {
  const { headend } = person;
  return new Promise((resolve, reject) => {
    const preview = new Preview();
    preview.call = https.request({ host: 'localhost', servername: 'localhost', port: headend.port, ca: headend.ca, agent: false,
      path: `/api/v1/channels/${channel}/preview${query(asked)}`, headers: { cookie: person.browser.cookie } }, (response) => {
      preview.status = response.statusCode;
      const end = () => { preview.ended = true; };
      response.on('close', end);
      response.on('error', end);
      if (response.statusCode === 200) {
        assert.equal(response.headers['content-type'], 'multipart/mixed; boundary=picture');
        response.on('data', (data) => preview.take(data));
        resolve(preview);
        return;
      }
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => { preview.problem = JSON.parse(Buffer.concat(parts)); resolve(preview); });
    });
    preview.call.on('error', (error) => (preview.status ? undefined : reject(error)));
    preview.call.end();
  });
}

// The processes below `pid` whose program is called so.
export async function programsBelow(pid, names) {
  const found = [];
  const parents = new Map();
  const called = new Map();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = await readFile(`/proc/${name}/status`, 'utf8');
      if (/^State:\tZ/m.test(status)) continue;
      parents.set(Number(name), Number(/^PPid:\t(\d+)/m.exec(status)[1]));
      called.set(Number(name), (await readFile(`/proc/${name}/cmdline`, 'utf8')).split('\0')[0].split('/').pop());
    } catch { /* it is gone */ }
  }
  for (const [one, name] of called) {
    if (!names.includes(name)) continue;
    let up = one;
    while (up > 1 && up !== pid) up = parents.get(up) ?? 0;
    if (up === pid) found.push({ pid: one, name, parent: parents.get(one) });
  }
  return found;
}
