// What Linux tells about processes. Elsewhere there is nothing to see, and the columns that need it stay empty.

import { readdir, readFile } from "node:fs/promises"

// USER_HZ is 100 and a page has 4 KiB on every Linux that Node runs on, but for some ARM kernels with larger pages.
const MICROSECONDS_PER_TICK = 10_000
const PAGE_BYTES = 4_096

type Process = {
  readonly pid: number
  readonly name: string
  readonly parent: number
  /** Of its own and of those of its children that have ended. */
  readonly cpuTicks: number
  readonly residentPages: number
}

/** Processor time that a process and all below it have used, in microseconds; null where it can't be seen. */
export async function cpuMicroseconds(root: number): Promise<number | null> {
  const tree = await treeOf(root)
  if (tree.length === 0) return null
  return tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) * MICROSECONDS_PER_TICK
}

/** Memory that the processes of this name at or below `root` hold, in bytes; null where it can't be seen. */
export async function residentBytes(root: number, name: string): Promise<number | null> {
  const tree = (await treeOf(root)).filter((one) => one.name === name)
  if (tree.length === 0) return null
  return tree.reduce((sum, { residentPages }) => sum + residentPages, 0) * PAGE_BYTES
}

async function treeOf(root: number): Promise<Process[]> {
  const entries = await readdir("/proc").catch(() => [])
  const all = await Promise.all(entries.filter((text) => /^\d+$/.test(text)).map(readProcess))
  const byParent = Map.groupBy(
    all.filter((one) => one !== null),
    ({ parent }) => parent,
  )
  const tree = all.filter((one) => one?.pid === root).filter((one) => one !== null)
  // The list grows while it is walked: children are appended behind their parent.
  for (const { pid } of tree) tree.push(...(byParent.get(pid) ?? []))
  return tree
}

async function readProcess(pid: string): Promise<Process | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
  const nameEnd = stat.lastIndexOf(")")
  if (nameEnd < 0) return null
  const fields = stat.slice(nameEnd + 2).split(" ")
  const [parent, residentPages] = [Number(fields[1]), Number(fields[21])]
  const cpuTicks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0)
  return {
    pid: Number(pid),
    name: stat.slice(stat.indexOf("(") + 1, nameEnd),
    parent,
    cpuTicks,
    residentPages,
  }
}
