// Numbers as Markdown, and the results in README.md, each part of the benchmark between markers of its own.

import { readFile, writeFile } from "node:fs/promises"
import { cpus } from "node:os"
import path from "node:path"

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US")
}

/** Three digits are more than such a measurement deserves. */
export function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

/** A day, the machine, and what else the reader must know to read the numbers. */
export function measuredOn(how: string): string {
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}`
  return `Measured on ${day}, ${machine}; ${how}.`
}

const README = path.join(import.meta.dirname, "README.md")

/** Puts the results of a part where its last ones were. */
export async function recordResults(part: string, results: string): Promise<void> {
  const text = await readFile(README, "utf8")
  const [begin, end] = [`<!-- results of ${part} -->`, `<!-- end of ${part} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`bench/README.md has lost the markers of ${part}.`)
  await writeFile(README, `${text.slice(0, from)}${begin}\n\n${results}\n\n${text.slice(to)}`)
}
