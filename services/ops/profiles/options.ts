/** Options and operand of the commands on profiles. */
export const ofProvider = { type: 'string', value: 'PROVIDER', summary: 'The provider that the profile belongs to', required: true } as const
export const profileName = { value: 'NAME', summary: 'The name of the profile' } as const
