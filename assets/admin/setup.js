// The first account, of whoever has the link: its token stands behind the '#', which the browser sends to nobody by itself.
'use strict';

const form = document.getElementById('setup');
const problem = document.getElementById('setup-problem');
const token = location.hash.slice(1);

function tell(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

// What a refusal means for the person.
function refuse(code, parameter) {
  const texts = { 'setup-link-invalid': form.dataset.invalid, 'too-many-attempts': form.dataset.wait, unavailable: form.dataset.busy };
  tell(texts[code] ?? form.dataset[code === 'body-invalid' ? parameter : 'failed'] ?? form.dataset.failed);
  if (code === 'setup-link-invalid') form.hidden = true;
}

async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (answer.ok) return true;
    const { code, parameter } = await answer.json();
    refuse(code, parameter);
  } catch {
    refuse();
  }
  return false;
}

async function begin() {
  if (!/^[\w-]{43}$/.test(token)) tell(form.dataset.none);
  else if (await ask('/api/v1/setup/check', { token })) form.hidden = false;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  tell('');
  button.disabled = true;
  const made = await ask('/api/v1/setup', { token, name: form.elements.name.value.trim(), password: form.elements.password.value });
  button.disabled = false;
  if (made) location.replace('/admin/screens');
});

document.getElementById('show').addEventListener('change', (event) => {
  form.elements.password.type = event.target.checked ? 'text' : 'password';
});

begin();
