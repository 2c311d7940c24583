// Waiting. How long is drawn by lot: those who collided once must not meet again.

export function pauseUpTo(ms: number): Promise<void> {
  return scheduler.wait(Math.random() * ms)
}

export function pause(ms: number): Promise<void> {
  return scheduler.wait(ms)
}
