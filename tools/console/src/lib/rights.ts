// What somebody's roles let them do: pages offer no more than that; the headend decides.
type Scope = 'site' | 'channel';

// For all there is.
export const administers = (roles: readonly string[]): boolean => roles.includes('admin');

// Of which sites or channels: "admin:site=Rennes".
export const administered = (roles: readonly string[], scope: Scope): string[] => roles.filter((role) => role.startsWith(`admin:${scope}=`)).map((role) => role.slice(`admin:${scope}=`.length));

export const operatesSomething = (roles: readonly string[]): boolean => roles.some((role) => /^(admin|operator)(:|$)/.test(role));

export const administersSomething = (roles: readonly string[]): boolean => roles.some((role) => /^admin(:|$)/.test(role));
