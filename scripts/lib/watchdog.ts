// Ends a process group when the process that started this one is gone, however it went. A process that is killed
// by SIGKILL cannot clean up; the end of its pipe is the one sign that always arrives.

const group = Number(process.argv[2])

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined)

process.stdin.on("error", end)
process.stdin.on("close", end)
process.stdin.resume()

function end(): void {
  try {
    process.kill(-group, "SIGKILL")
  } catch {
    // Nobody is left in the group: the start ended in good order.
  }
  process.exit(0)
}
