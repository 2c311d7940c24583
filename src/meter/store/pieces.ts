// Parameters of bounded size. SQLite on the platform takes 2 MB in one value, so what goes into a statement as one JSON text is
// cut into pieces well below that: a character takes at most three bytes, or six when it has to be escaped. Pure.

const PIECE_CHARACTERS = 200_000

/** The texts in order, in groups of bounded length together. A text alone is never cut. */
export function* piecesOf(texts: readonly string[]): Generator<readonly string[]> {
  let from = 0
  let length = 0
  for (const [at, text] of texts.entries()) {
    if (length + text.length > PIECE_CHARACTERS && at > from) {
      yield texts.slice(from, at)
      from = at
      length = 0
    }
    length += text.length
  }
  if (from < texts.length) yield texts.slice(from)
}
