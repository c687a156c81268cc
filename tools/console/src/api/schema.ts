// Made by scripts/types.mjs of tools/headend/api/openapi.yaml: change that, then "npm run types".

export type Problem = { type: string; title: string; status: number; detail: string; parameter?: string; code: "request-malformed" | "query-invalid" | "body-invalid" | "header-invalid" | "session-required" | "csrf-token-invalid" | "setup-link-invalid" | "sign-in-wrong" | "not-found" | "method-not-allowed" | "not-acceptable" | "offset-differs" | "upload-gone" | "changed-meanwhile" | "tus-version" | "body-too-large" | "uri-too-long" | "unsupported-media-type" | "range-invalid" | "upload-busy" | "condition-required" | "too-many-streams" | "too-many-uploads" | "too-many-attempts" | "headers-too-large" | "checksum-mismatch" | "internal-error" | "unavailable" | "no-space" };
export type SetupToken = { token: string };
export type Setup = SetupToken & { name: string; password: string };
export type SignIn = { name: string; password: string };
export type Session = { name: string; csrf: string };
export type ScreensEvent = { ids: string[] };
export type State = "online" | "idle" | "trouble" | "offline" | "waiting" | "retired";
export type Screens = { items: ListedScreen[]; next: string | null };
export type ListedScreen = ScreenRow;
export type Screen = ScreenRow & { time_zone: string; locale: "en" | "fr"; rotation: 0 | 90 | 180 | 270; offline_mark: boolean; lock_after_s: number; erase_after_s: number; access: "certificate" | "cookie" | "sso" | "password"; certificate_expires: Time };
export type ScreenRow = { id: string; name: string; site: string; state: State; fingerprint: string; channel: { id: string; title: string } | null; trouble: { code: string; text: string } | null; seen: Time };
export type Uploads = { items: Upload[] };
export type Upload = { id: string; name: string; length: number; offset: number; created: Time; expires: Time };
export type Time = string | null;

// What is sent, and what comes where it is no problem.
export interface Operations {
  'GET /api/v1/session': { answer: Session };
  'POST /api/v1/session': { body: SignIn; answer: Session };
  'DELETE /api/v1/session': { answer: undefined };
  'POST /api/v1/setup': { body: Setup; answer: Session };
  'POST /api/v1/setup/check': { body: SetupToken; answer: undefined };
  'GET /api/v1/events': { answer: string };
  'GET /api/v1/screens': { query: { limit?: number; cursor?: string; sort?: "name" | "-name"; q?: string; state?: State }; answer: Screens };
  'GET /api/v1/screens/{id}': { path: { id: string }; answer: Screen };
  'GET /api/v1/uploads': { answer: Uploads };
  'POST /api/v1/uploads': { body: Blob; answer: undefined };
  'GET /api/v1/uploads/{id}': { path: { id: string }; answer: Upload };
  'PATCH /api/v1/uploads/{id}': { path: { id: string }; body: Blob; answer: undefined };
  'DELETE /api/v1/uploads/{id}': { path: { id: string }; answer: undefined };
}
