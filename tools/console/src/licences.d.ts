// What scripts/licences.mjs makes of the packages that are bundled.
declare module 'pingplay:licences' {
  export const licences: readonly { readonly packages: readonly string[]; readonly licence: string; readonly text: string }[];
}
