/** Loading with its four states: waiting, slow, failed, there. */
import { useCallback, useEffect, useRef, useState } from "./lib.js";

const SLOW = 4000;

/**
 * Load when the page appears, again when `deps` change, and every `every` ms while the page is visible.
 * A failed repetition keeps what was shown before and tells of the problem beside it.
 * @template T
 * @param {() => Promise<T>} load
 * @param {unknown[]} deps
 * @param {(data: T | undefined) => number} [every] milliseconds until the next look, 0 for never
 */
export function useData(load, deps, every = () => 0) {
  const [state, set] = useState({ data: undefined, problem: undefined, slow: false, busy: true });
  const latest = useRef({ load, every, turn: 0 });
  latest.current.load = load;
  latest.current.every = every;

  const look = useCallback(async () => {
    const turn = (latest.current.turn += 1);
    const mine = () => turn === latest.current.turn;
    const timer = setTimeout(() => mine() && set((old) => ({ ...old, slow: true })), SLOW);
    set((old) => ({ ...old, busy: true }));
    try {
      const data = await latest.current.load();
      if (mine()) set({ data, problem: undefined, slow: false, busy: false });
    } catch (problem) {
      if (mine()) set((old) => ({ data: old.data, problem, slow: false, busy: false }));
    } finally {
      clearTimeout(timer);
    }
  }, []);

  useEffect(() => {
    set((old) => ({ ...old, data: undefined, problem: undefined }));
    look();
    return () => {
      latest.current.turn += 1;
    };
  }, deps);

  const pause = latest.current.every(state.data);
  useEffect(() => {
    if (!pause) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && look(), pause);
    return () => clearInterval(timer);
  }, [pause]);

  return { ...state, reload: look };
}

/** One action at a time: `run(work)` sets busy and problem, and gives back whether it went well. */
export function useAction() {
  const [state, set] = useState({ busy: false, problem: undefined });
  const alive = useRef(true);
  useEffect(() => () => {
    alive.current = false;
  }, []);
  const run = useCallback(async (work) => {
    set({ busy: true, problem: undefined });
    try {
      await work();
      if (alive.current) set({ busy: false, problem: undefined });
      return true;
    } catch (problem) {
      if (alive.current) set({ busy: false, problem });
      return false;
    }
  }, []);
  return { ...state, run, clear: () => set({ busy: false, problem: undefined }) };
}
