// Passkeys: between the API's JSON and the browser's calls (Web Authentication Level 3 §5.1.8).
import type { AuthenticationResponse, CreationOptions, RegistrationResponse, RequestOptions } from '../api/schema.js';

// They are for names, not for addresses, and a browser has them only where it trusts the connection.
export const possible = (host: string, secure: boolean, browser: boolean): boolean => secure && browser && !/^[\d.]+$|^\[/.test(host);
export const passkeysPossible = (): boolean => possible(location.hostname, isSecureContext, 'PublicKeyCredential' in window);

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const textOf = (bytes: ArrayBuffer | null): string => btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

interface Described { id: string; type: 'public-key'; transports?: AuthenticatorTransport[] }
const described = (list: Described[] | undefined): PublicKeyCredentialDescriptor[] => (list ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));

// The person, the device or the browser would not.
export class PasskeyNot extends Error {}

export async function makePasskey({ publicKey }: CreationOptions): Promise<RegistrationResponse> {
  const options = publicKey as unknown as PublicKeyCredentialCreationOptions & { challenge: string; user: { id: string }; excludeCredentials?: Described[] };
  let made: PublicKeyCredential;
  try {
    made = (await navigator.credentials.create({ publicKey: {
      ...options, challenge: bytesOf(options.challenge), user: { ...options.user, id: bytesOf(options.user.id) }, excludeCredentials: described(options.excludeCredentials),
    } })) as PublicKeyCredential;
  } catch (error) {
    throw new PasskeyNot(error instanceof Error ? error.name : '');
  }
  const response = made.response as AuthenticatorAttestationResponse;
  return { id: textOf(made.rawId), type: 'public-key', response: {
    clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject), transports: response.getTransports?.() ?? [] } };
}

// One of those that there are, which the person chooses.
export async function usePasskey({ publicKey }: RequestOptions): Promise<AuthenticationResponse> {
  let found: PublicKeyCredential;
  try {
    found = (await navigator.credentials.get({ publicKey: { ...publicKey, challenge: bytesOf(publicKey.challenge), allowCredentials: [] } })) as PublicKeyCredential;
  } catch (error) {
    throw new PasskeyNot(error instanceof Error ? error.name : '');
  }
  const response = found.response as AuthenticatorAssertionResponse;
  return { id: textOf(found.rawId), type: 'public-key', response: {
    clientDataJSON: textOf(response.clientDataJSON), authenticatorData: textOf(response.authenticatorData), signature: textOf(response.signature), userHandle: textOf(response.userHandle) } };
}

// What the device is called, so that its passkey is known again.
export const deviceName = (agent: string): string => /iPhone|iPad|Android|Windows|Macintosh|CrOS|Linux/.exec(agent)?.[0].replace('Macintosh', 'Mac').replace('CrOS', 'Chromebook') ?? '';
