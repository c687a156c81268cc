// Asks the headend, by the operations that its description names.
import { usePasskey } from '../lib/passkey.js';
import type { Operations, Problem, Session } from './schema.js';

export type Code = Problem['code'] | 'network' | 'other';

export class ApiError extends Error {
  constructor(readonly code: Code, readonly status: number, detail: string, readonly retryAfter = 0, readonly parameter = '') {
    super(detail);
  }
}

type Operation = keyof Operations;
// What stands in braces in an address.
type Names<A extends string> = A extends `${string}{${infer N}}${infer R}` ? N | Names<R> : never;
type Path<O extends Operation> = [Names<O>] extends [never] ? { path?: undefined } : { path: Record<Names<O>, string> };
type Query<O extends Operation> = Operations[O] extends { query: infer Q } ? { query?: Q } : { query?: undefined };
type Body<O extends Operation> = Operations[O] extends { body: infer B } ? { body: B } : { body?: undefined };
export type Asked<O extends Operation> = Path<O> & Query<O> & Body<O> & { headers?: Record<string, string>; signal?: AbortSignal };

let csrf = '';
let present: Session | undefined;
// Who is signed in here.
export const signedIn = (): Session | undefined => present;
// What shows that a request is this page's.
export const csrfHeader = (): Record<string, string> => (csrf ? { 'pingplay-csrf': csrf } : {});
// Hears that the session has ended.
export const sessionEnds = new EventTarget();

export function addressOf(pattern: string, path: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const address = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => [name, String(value)]));
  return parameters.size ? `${address}?${parameters}` : address;
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after')) || 0;
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
    const problem = (await response.json()) as Problem;
    return new ApiError(problem.code, response.status, problem.detail, retryAfter, problem.parameter);
  }
  return new ApiError('other', response.status, `${response.status}`, retryAfter);
}

export interface Answer<O extends Operation> { readonly value: Operations[O]['answer']; readonly headers: Headers }

// Sends it. Throws ApiError for whatever is no answer.
async function sent<O extends Operation>(operation: O, asked: Asked<O>, accept: string): Promise<Response> {
  const [method = 'GET', pattern = ''] = operation.split(' ');
  const headers: Record<string, string> = { accept, ...asked.headers };
  if (method !== 'GET' && csrf) headers['pingplay-csrf'] = csrf;
  const given: unknown = asked.body;
  const body = given === undefined || given instanceof Blob ? given : JSON.stringify(given);
  if (typeof body === 'string') headers['content-type'] ??= 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin', ...(body === undefined ? {} : { body }), ...(asked.signal ? { signal: asked.signal } : {}) };
  let response: Response;
  try {
    response = await fetch(addressOf(pattern, asked.path as Record<string, unknown>, asked.query as Record<string, unknown>), init);
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw new ApiError('network', 0, 'no answer');
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.code === 'session-required') sessionEnds.dispatchEvent(new Event('end'));
    throw problem;
  }
  return response;
}

// Throws ApiError for whatever is no answer.
export const ask = async <O extends Operation>(operation: O, asked: Asked<O>): Promise<Operations[O]['answer']> => (await exchange(operation, asked)).value;

// An answer that comes as long as it is read.
export async function streamed<O extends Operation>(operation: O, asked: Asked<O>): Promise<ReadableStream<Uint8Array>> {
  const response = await sent(operation, asked, '*/*');
  return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
}

// The same with the answer's headers.
export async function exchange<O extends Operation>(operation: O, asked: Asked<O>): Promise<Answer<O>> {
  const response = await sent(operation, asked, 'application/json, image/*, text/*;q=0.5');
  const type = response.headers.get('content-type') ?? '';
  const value = response.status === 204 ? undefined : await (/json/.test(type) ? response.json() : type.startsWith('text/') ? response.text() : response.blob());
  return { value: value as Operations[O]['answer'], headers: response.headers };
}

function begun(session: Session): Session {
  csrf = session.csrf;
  present = session;
  return session;
}

// Who is signed in; undefined: nobody.
export async function currentSession(): Promise<Session | undefined> {
  try {
    return begun(await ask('GET /api/v1/session', {}));
  } catch (error) {
    if (error instanceof ApiError && error.code === 'session-required') return undefined;
    throw error;
  }
}

export const signIn = async (name: string, password: string): Promise<Session> => begun(await ask('POST /api/v1/session', { body: { name, password } }));

// With a passkey, which says by itself whose it is. Throws a PasskeyNot where the person or the browser would not.
export async function signInByPasskey(): Promise<Session> {
  const options = await ask('POST /api/v1/session/passkey-options', { body: {} });
  return begun(await ask('POST /api/v1/session/passkey', { body: await usePasskey(options) }));
}

// The first account, with which one is signed in at once.
export const setUp = async (body: Operations['POST /api/v1/setup']['body']): Promise<Session> => begun(await ask('POST /api/v1/setup', { body }));

export async function signOut(): Promise<void> {
  await ask('DELETE /api/v1/session', {});
  csrf = '';
  present = undefined;
}
