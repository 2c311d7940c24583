// What Linux tells about processes. Elsewhere there is nothing to see, and the columns that need it stay empty.

import { readdir, readFile } from "node:fs/promises"

// USER_HZ is 100 on every Linux that Node runs on.
const MICROSECONDS_PER_TICK = 10_000

/** The processes of this name that this process started. */
export async function childrenNamed(name: string): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => [])
  const found: number[] = []
  for (const entry of entries.filter((text) => /^\d+$/.test(text))) {
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "")
    const [, processName, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? []
    if (processName === name && parent === String(process.pid)) found.push(Number(entry))
  }
  return found
}

/** Processor time that the processes have used, in microseconds; null where it can't be seen. */
export async function cpuMicroseconds(pids: readonly number[]): Promise<number | null> {
  if (pids.length === 0) return null
  let ticks = 0
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * MICROSECONDS_PER_TICK
}
