// Made by scripts/types.mjs of tools/headend/api/openapi.yaml: change that, then "npm run types".

export type Problem = { type: string; title: string; status: number; detail: string; parameter?: string; code: "request-malformed" | "query-invalid" | "body-invalid" | "session-required" | "csrf-token-invalid" | "sign-in-wrong" | "not-found" | "method-not-allowed" | "not-acceptable" | "changed-meanwhile" | "body-too-large" | "uri-too-long" | "unsupported-media-type" | "range-invalid" | "condition-required" | "too-many-streams" | "too-many-attempts" | "headers-too-large" | "internal-error" | "unavailable" | "no-space" };
export type SignIn = { name: string; password: string };
export type Session = { name: string; csrf: string };
export type ScreensEvent = { ids: string[] };
export type State = "online" | "idle" | "trouble" | "offline" | "waiting" | "retired";
export type Screens = { items: ListedScreen[]; next: string | null };
export type ListedScreen = ScreenRow;
export type Screen = ScreenRow & { time_zone: string; locale: "en" | "fr"; rotation: 0 | 90 | 180 | 270; offline_mark: boolean; lock_after_s: number; erase_after_s: number; access: "certificate" | "cookie" | "sso" | "password"; certificate_expires: Time };
export type ScreenRow = { id: string; name: string; site: string; state: State; fingerprint: string; channel: { id: string; title: string } | null; trouble: { code: string; text: string } | null; seen: Time };
export type Time = string | null;

// What is sent, and what comes where it is no problem.
export interface Operations {
  'GET /api/v1/session': { answer: Session };
  'POST /api/v1/session': { body: SignIn; answer: Session };
  'DELETE /api/v1/session': { answer: undefined };
  'GET /api/v1/events': { answer: string };
  'GET /api/v1/screens': { query: { limit?: number; cursor?: string; sort?: "name" | "-name"; q?: string; state?: State }; answer: Screens };
  'GET /api/v1/screens/{id}': { path: { id: string }; answer: Screen };
}
