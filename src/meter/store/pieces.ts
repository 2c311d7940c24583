// Parameters of bounded size: what goes into a statement as one JSON text is cut into pieces well below what SQLite takes in
// one value on the platform. Pure.

import { limits } from "../../limits.ts"

/** The texts in order, in groups of bounded length together. A text alone is never cut. */
export function* piecesOf(texts: readonly string[]): Generator<readonly string[]> {
  let from = 0
  let length = 0
  for (const [at, text] of texts.entries()) {
    if (length + text.length > limits.meterStatementCharacters && at > from) {
      yield texts.slice(from, at)
      from = at
      length = 0
    }
    length += text.length
  }
  if (from < texts.length) yield texts.slice(from)
}
