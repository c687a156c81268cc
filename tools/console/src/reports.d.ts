// What scripts/reports.mjs makes of the words of the headend's pages.
declare module 'pingplay:reports' {
  export const reports: Readonly<Record<string, readonly [english: string, french: string]>>;
}
