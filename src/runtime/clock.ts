// The wall clock. The only reader of the machine's time.

export function wallNowMs(): number {
  return Date.now()
}
