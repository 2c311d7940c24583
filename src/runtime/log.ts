// One JSON line per happening, as Workers Logs index them. Never a key, a token or a body.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

export const log = {
  info(message: string, fields: LogFields = {}): void {
    console.log(JSON.stringify({ level: "info", message, ...fields }))
  },
  warn(message: string, fields: LogFields = {}): void {
    console.warn(JSON.stringify({ level: "warn", message, ...fields }))
  },
  error(message: string, error: unknown, fields: LogFields = {}): void {
    const cause =
      error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) }
    console.error(JSON.stringify({ level: "error", message, ...cause, ...fields }))
  },
}
