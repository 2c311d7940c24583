// The pool asks vite for the worker's module for each request, each message and each call of an object, over a socket, though it is
// in memory. Tests make tens of thousands of these. Where the pool's runner is not as it is known here, all is as slow as ever.

type Runner = { import(id: string): Promise<unknown> }

const MAIN = /\/src\/worker\.ts$/

/** Has the worker's module asked for once per file. */
export function keepMainModule(): void {
  const { __vitest_mocker__: mocker } = globalThis as { __vitest_mocker__?: { moduleRunner?: Runner } }
  const runner = mocker?.moduleRunner
  if (runner === undefined) return
  const load: Runner["import"] = Object.getPrototypeOf(runner).import.bind(runner)
  let main: Promise<unknown> | undefined
  runner.import = (id) => (MAIN.test(id) ? (main ??= load(id)) : load(id))
}
