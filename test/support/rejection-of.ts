/** The error that some work fails with. @throws when it does not fail */
export async function rejectionOf(work: PromiseLike<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`It should have failed, but gave ${String(result)}.`);
}
