// All cases of the tables beside this file.

import { casesOf, type Case } from "./language.ts"

const TEXTS = import.meta.glob("./*.txt", { query: "?raw", import: "default", eager: true })

export const TABLES: readonly (readonly [file: string, cases: readonly Case[]])[] = Object.entries(TEXTS).map(
  ([name, text]) => {
    const file = name.replace("./", "")
    return [file, casesOf(text, file)]
  },
)
