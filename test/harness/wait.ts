/** Resolves when the condition holds; a test that waits in vain is ended by its time limit. */
export async function waitFor (holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!await holds()) await new Promise(resolve => setTimeout(resolve, 10))
}
