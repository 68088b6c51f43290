// For what is told to have ended from more than one side.

/** Calls `act` the first time that it is called, and does nothing from then on. */
export function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
