// Made by scripts/types.mjs of tools/headend/api/openapi.yaml: change that, then "npm run types".

export type Problem = { type: string; title: string; status: number; detail: string; parameter?: string; code: "request-malformed" | "query-invalid" | "body-invalid" | "header-invalid" | "session-required" | "csrf-token-invalid" | "setup-link-invalid" | "sign-in-wrong" | "not-found" | "method-not-allowed" | "not-acceptable" | "offset-differs" | "upload-gone" | "changed-meanwhile" | "tus-version" | "body-too-large" | "uri-too-long" | "unsupported-media-type" | "range-invalid" | "upload-busy" | "condition-required" | "too-many-streams" | "too-many-uploads" | "too-many-attempts" | "headers-too-large" | "checksum-mismatch" | "internal-error" | "unavailable" | "no-space" };
export type Problem = { type: string; title: string; status: number; detail: string; parameter?: string; code: "request-malformed" | "query-invalid" | "body-invalid" | "header-invalid" | "session-required" | "csrf-token-invalid" | "setup-link-invalid" | "sign-in-wrong" | "not-permitted" | "fingerprint-wrong" | "not-found" | "method-not-allowed" | "not-acceptable" | "offset-differs" | "state-conflict" | "upload-gone" | "code-expired" | "changed-meanwhile" | "tus-version" | "body-too-large" | "uri-too-long" | "unsupported-media-type" | "range-invalid" | "upload-busy" | "condition-required" | "too-many-streams" | "too-many-uploads" | "too-many-attempts" | "headers-too-large" | "checksum-mismatch" | "internal-error" | "unavailable" | "no-space" };
export type SetupToken = { token: string };
export type Setup = SetupToken & { name: string; password: string };
export type SignIn = { name: string; password: string };
export type Session = { name: string; csrf: string };
export type ScreensEvent = { ids: string[] };
export type State = "online" | "idle" | "trouble" | "offline" | "waiting" | "retired";
export type Screens = { items: ListedScreen[]; next: string | null };
export type ListedScreen = ScreenRow;
export type Screen = ScreenRow & { time_zone: string; locale: "en" | "fr"; rotation: 0 | 90 | 180 | 270; offline_mark: boolean; lock_after_s: number; erase_after_s: number; access: "certificate" | "cookie" | "sso" | "password"; certificate_expires: Time };
export type ScreenChange = { name?: string; site?: string; channel?: string | null; channel_title?: string; time_zone?: string; locale?: "en" | "fr"; rotation?: 0 | 90 | 180 | 270; offline_mark?: boolean; lock_after_s?: number; erase_after_s?: number };
export type ScreenEvents = { items: { id: string; kind: string; time?: string }[] };
export type ScreenReports = { status: Record<string, unknown> | null; events: number; events_lost: number; plays: number; plays_lost: number };
export type CommandName = "identify" | "screenshot" | "logs" | "diagnose" | "restart-player" | "restart" | "reboot" | "display" | "volume" | "brightness" | "clear-cache" | "rotate-keys" | "renew-certificate" | "set-access-mode" | "retire";
export type CommandRequest = { name: CommandName; arguments?: Record<string, unknown>; argument?: string; lifetime_s?: number };
export type Commands = { items: Command[] };
export type Command = CommandRow;
export type CommandWithReceipt = CommandRow & { receipt: string | null };
export type CommandRow = { id: string; name: CommandName; arguments: Record<string, unknown>; issued: Time; expires: Time; outcome: "waiting" | "expired" | "accepted" | "refused" | "done" | "failed"; reason: string; answered: Time; result: Record<string, unknown> | null };
export type Actions = { action: "change" | "command" | "sign-out" | "retire" | "revoke" | "restore" | "remove"; screens: string[]; request?: Record<string, unknown> };
export type ActionResults = { items: { id: string; outcome: "done" | "refused" | "denied" | "not-found"; detail?: string; value?: Record<string, unknown> }[] };
export type Enrolments = { items: { fingerprint: FingerprintGroups; address: string; created: Time; expires: Time; screen: KnownScreen }[] };
export type Enrolment = { code: string; fingerprint: FingerprintGroups; asked: number; wrong: number; expires: Time; time_zone: string; screen: KnownScreen };
export type FingerprintGroups = (string | null)[];
export type KnownScreen = { id: string; name: string } | null;
export type Approval = { fingerprint: string; name: string; site?: string; channel?: string; channel_title?: string; time_zone?: string; locale?: "en" | "fr"; access?: "certificate" | "cookie" };
export type Approved = { id: string };
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
  'PATCH /api/v1/screens/{id}': { body: ScreenChange; answer: Screen };
  'DELETE /api/v1/screens/{id}': { answer: undefined };
  'POST /api/v1/screens/{id}/retire': { path: { id: string }; answer: undefined };
  'POST /api/v1/screens/{id}/revoke': { path: { id: string }; answer: undefined };
  'POST /api/v1/screens/{id}/restore': { path: { id: string }; answer: undefined };
  'POST /api/v1/screens/{id}/sign-out': { path: { id: string }; answer: undefined };
  'GET /api/v1/screens/{id}/events': { path: { id: string }; answer: ScreenEvents };
  'GET /api/v1/screens/{id}/reports': { path: { id: string }; answer: ScreenReports };
  'GET /api/v1/screens/{id}/commands': { path: { id: string }; answer: Commands };
  'POST /api/v1/screens/{id}/commands': { path: { id: string }; body: CommandRequest; answer: Command };
  'GET /api/v1/screens/{id}/commands/{command}': { path: { id: string; command: string }; answer: CommandWithReceipt };
  'GET /api/v1/screens/{id}/picture': { path: { id: string }; answer: Blob };
  'POST /api/v1/screens/actions': { body: Actions; answer: ActionResults };
  'GET /api/v1/enrolments': { answer: Enrolments };
  'GET /api/v1/enrolments/{code}': { path: { code: string }; answer: Enrolment };
  'POST /api/v1/enrolments/{code}/approve': { path: { code: string }; body: Approval; answer: Approved };
  'POST /api/v1/enrolments/{code}/refuse': { path: { code: string }; answer: undefined };
  'GET /api/v1/uploads': { answer: Uploads };
  'POST /api/v1/uploads': { body: Blob; answer: undefined };
  'GET /api/v1/uploads/{id}': { path: { id: string }; answer: Upload };
  'PATCH /api/v1/uploads/{id}': { path: { id: string }; body: Blob; answer: undefined };
  'DELETE /api/v1/uploads/{id}': { path: { id: string }; answer: undefined };
}
