// Passkeys, for the pages that ask for one: between the server's JSON and the browser's calls (WebAuthn Level 3 §5.1.8).
'use strict';

// Passkeys are for names, not for addresses; and a browser has them only where it trusts the connection.
const passkeysPossible = window.isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|^\[/.test(location.hostname);

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const textOf = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

function withBytes(options) {
  const described = (list) => list?.map((one) => ({ ...one, id: bytesOf(one.id) }));
  const { user, excludeCredentials, allowCredentials } = options;
  return {
    ...options, challenge: bytesOf(options.challenge), excludeCredentials: described(excludeCredentials), allowCredentials: described(allowCredentials),
    ...(user && { user: { ...user, id: bytesOf(user.id) } }),
  };
}

// A new one. It throws where the person, the device or the browser will not.
async function passkeyCreate(options) {
  const made = await navigator.credentials.create({ publicKey: withBytes(options) });
  const { clientDataJSON, attestationObject } = made.response;
  return {
    id: textOf(made.rawId), type: made.type,
    response: { clientDataJSON: textOf(clientDataJSON), attestationObject: textOf(attestationObject), transports: made.response.getTransports?.() ?? [] },
  };
}

// One of those that there are, which the person chooses.
async function passkeyGet(options) {
  const found = await navigator.credentials.get({ publicKey: withBytes(options) });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return {
    id: textOf(found.rawId), type: found.type,
    response: { clientDataJSON: textOf(clientDataJSON), authenticatorData: textOf(authenticatorData), signature: textOf(signature), userHandle: textOf(userHandle) },
  };
}

// What the device is called, so that its passkey is known again.
const deviceName = () => /iPhone|iPad|Android|Windows|Macintosh|CrOS|Linux/.exec(navigator.userAgent)?.[0].replace('Macintosh', 'Mac').replace('CrOS', 'Chromebook') ?? '';

async function postJson(path, body) {
  return fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

// ---- The sign-in page ----

const signInButton = document.getElementById('passkey-sign-in');

function tellSignIn(text) {
  const problem = document.getElementById('passkey-problem');
  problem.textContent = text;
  problem.hidden = !text;
}

async function signInByPasskey() {
  const { wait, wrong, failed } = signInButton.dataset;
  tellSignIn('');
  try {
    const asked = await postJson('/api/v1/session/passkey-options', {});
    if (!asked.ok) throw new Error(asked.status);
    const answer = await postJson('/api/v1/session/passkey', await passkeyGet((await asked.json()).publicKey));
    if (answer.ok) location.assign(signInButton.form.elements.next.value);
    else tellSignIn(answer.status === 429 ? wait : wrong);
  } catch {
    tellSignIn(failed);
  }
}

if (signInButton && passkeysPossible) {
  document.getElementById('passkey').hidden = false;
  signInButton.addEventListener('click', signInByPasskey);
}
