// What must not be left behind: processes and folders are put away in the end, also when the benchmark is interrupted.

type Work = () => Promise<void>

const open = new Set<Work>()

/** The same work, to be done once: when it is first called, or when the process is told to end. Every caller waits for it. */
export function atEnd(work: Work): Work {
  let done: Promise<void> | null = null
  const once: Work = () => (done ??= work().finally(() => open.delete(once)))
  open.add(once)
  return once
}

let isEnding = false

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // A terminal and npm may both deliver the same Ctrl-C, so only the first signal counts.
    if (isEnding) return
    isEnding = true
    // What was made last rests on what was made first.
    const works = [...open].toReversed()
    const all = works.reduce((done, work) => done.then(work), Promise.resolve())
    void all.catch((error: unknown) => console.error(error)).finally(() => process.exit(1))
  })
}
