// The first account, of whoever has the link: its token stands behind the '#', which the browser sends to nobody by itself.
/* global passkeysPossible, passkeyCreate, deviceName, postJson */
'use strict';

const form = document.getElementById('setup');
const problem = document.getElementById('setup-problem');
const byPassword = document.getElementById('by-password');
const token = location.hash.slice(1);

function tell(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

// What a refusal means for the person.
function refuse(code, parameter) {
  const texts = { 'setup-link-invalid': form.dataset.invalid, 'too-many-attempts': form.dataset.wait, unavailable: form.dataset.busy, 'passkey-refused': form.dataset.passkey };
  tell(texts[code] ?? (code === 'body-invalid' ? form.dataset[parameter] : form.dataset.failed) ?? form.dataset.failed);
  if (code === 'setup-link-invalid') form.hidden = true;
}

// The answer; nothing where it was refused, which is told.
async function ask(path, body) {
  try {
    const answer = await postJson(path, { token, ...body });
    if (answer.ok) return answer.status === 204 ? {} : await answer.json();
    const { code, parameter } = await answer.json();
    refuse(code, parameter);
  } catch {
    refuse();
  }
  return undefined;
}

const accountName = () => form.elements.name.value.trim();

async function make(more) {
  if (await ask('/api/v1/setup', { name: accountName(), ...more })) location.replace('/admin/screens');
}

async function makeByPasskey() {
  const options = await ask('/api/v1/setup/passkey-options', { name: accountName() });
  if (!options) return;
  let passkey;
  try {
    passkey = await passkeyCreate(options.publicKey);
  } catch {
    byPassword.open = true;
    tell(form.dataset.passkey);
    return;
  }
  await make({ passkey, passkey_name: deviceName() || accountName() });
}

// One thing at a time.
async function once(work) {
  const buttons = [...form.querySelectorAll('button')];
  tell('');
  for (const button of buttons) button.disabled = true;
  await work();
  for (const button of buttons) button.disabled = false;
}

async function begin() {
  if (!/^[\w-]{43}$/.test(token)) {
    tell(form.dataset.none);
  } else if (await ask('/api/v1/setup/check', {})) {
    document.getElementById('by-passkey').hidden = !passkeysPossible;
    byPassword.open = !passkeysPossible;
    byPassword.classList.toggle('only', !passkeysPossible);
    form.hidden = false;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  once(byPassword.open ? () => make({ password: form.elements.password.value }) : makeByPasskey);
});
document.getElementById('passkey-make').addEventListener('click', () => once(makeByPasskey));
document.getElementById('show').addEventListener('change', (event) => {
  form.elements.password.type = event.target.checked ? 'text' : 'password';
});

begin();
