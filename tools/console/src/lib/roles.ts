// Roles as people choose them: what somebody may do, and for what.
export const roleNames = ['viewer', 'editor', 'publisher', 'operator', 'admin', 'auditor'] as const;
export const scopes = ['whole', 'site', 'channel'] as const;
export type RoleName = typeof roleNames[number];
export type Scope = typeof scopes[number];
export interface Role { readonly role: RoleName; readonly scope: Scope; readonly value: string }

// "operator:site=Rennes"; undefined for one of a newer headend.
export function roleOf(text: string): Role | undefined {
  const [, name = '', scope = 'whole', value = ''] = /^([a-z]+)(?::(site|channel)=([^]+))?$/.exec(text) ?? [];
  const role = roleNames.find((one) => one === name);
  return role && { role, scope: scope as Scope, value };
}

export const roleText = ({ role, scope, value }: Role): string => (scope === 'whole' ? role : `${role}:${scope}=${value}`);
