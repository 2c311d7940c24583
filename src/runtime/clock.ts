// The wall clock. The only reader of the machine's time, besides ids.ts.

export function wallNowMs(): number {
  return Date.now()
}
