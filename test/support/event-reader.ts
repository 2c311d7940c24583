// Reads Server-Sent Events as the standard has them parsed: fields line by line, an event at each empty line.

export type ServerSentEvent = { readonly id: string | null; readonly data: string }

export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>
  #text = ""

  constructor(response: Response) {
    if (response.body === null) throw new Error("The answer has no body.")
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  }

  /** The next block: its lines, without the empty one behind them. Null at the end. */
  async block(): Promise<readonly string[] | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n")
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split("\n")
        this.#text = this.#text.slice(end + 2)
        return lines
      }
      const { done, value } = await this.#reader.read()
      if (done) return null
      this.#text += value
    }
  }

  /** The next event; blocks without data are passed over. */
  async event(): Promise<ServerSentEvent | null> {
    for (let lines = await this.block(); lines !== null; lines = await this.block()) {
      const field = (name: string) =>
        lines?.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = field("data")
      if (data !== undefined) return { id: field("id") ?? null, data }
    }
    return null
  }

  /** All that comes up to the first event, and with it; then nothing is read any more. */
  async untilEvent(): Promise<string> {
    let text = ""
    for (let lines = await this.block(); lines !== null; lines = await this.block()) {
      text += `${lines.join("\n")}\n\n`
      if (lines.some((line) => line.startsWith("data: "))) break
    }
    await this.close()
    return text
  }

  async close(): Promise<void> {
    await this.#reader.cancel()
  }
}
