import { useEffect, useRef, useState } from 'preact/hooks';
import { api, AnswerProblem } from '../live/api.js';
import { connection } from '../live/live.js';
import { atNextRender } from '../live/render.js';

export interface Asked<Data> {
  /** Stays while the same question is asked again, and after a failure. */
  data: Data | undefined;
  problem: AnswerProblem | undefined;
  isLoading: boolean;
  again: () => void;
}

/**
 * Asks when `question` changes, and when `again` is called. An answer that arrives after the next
 * question was asked is dropped.
 *
 * @param question the address asked, or whatever else names the answer.
 */
export function useData<Data>(
  question: string,
  ask: (signal: AbortSignal) => Promise<Data>,
): Asked<Data> {
  const [state, setState] = useState<{ question: string; data?: Data; problem?: AnswerProblem }>({
    question: '',
  });
  const [turn, setTurn] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    const abort = new AbortController();
    atNextRender(() => abort.signal.aborted || setLoading(true));
    const settle = (next: { data?: Data; problem?: AnswerProblem }) =>
      atNextRender(() => {
        if (abort.signal.aborted) return;
        setLoading(false);
        setState((before) => ({
          ...(before.question === question ? before : {}),
          ...next,
          question,
        }));
      });
    asking.current(abort.signal).then(
      (data) => settle({ data, problem: undefined as never }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        settle({ problem: asProblem(error) });
      },
    );
    return () => abort.abort();
  }, [question, turn]);
  const isCurrent = state.question === question;
  const isMissing = isCurrent && state.problem !== undefined;
  const isConnected = connection.value.state === 'open';
  // The console was away, and is back: what it could not answer then, it can now.
  useEffect(() => {
    if (isConnected && isMissing) setTurn((before) => before + 1);
  }, [isConnected]);
  return {
    data: isCurrent ? state.data : undefined,
    problem: isCurrent ? state.problem : undefined,
    isLoading: isLoading || !isCurrent,
    again: () => setTurn((before) => before + 1),
  };
}

/**
 * Asks the API for what is at `address`.
 *
 * @param everyMs asks again so often while the page is visible; undefined: it does not.
 * @param isLast an answer that does not change any more.
 */
export function useApi<Data>(
  address: string,
  everyMs?: number,
  isLast: (data: Data) => boolean = () => false,
): Asked<Data> {
  const asked = useData(address, (signal) => api<Data>(address, { signal }));
  const isOver = asked.data !== undefined && isLast(asked.data);
  useEffect(() => {
    if (everyMs === undefined || isOver) return;
    const timer = setInterval(() => document.hidden || asked.again(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isOver]);
  return asked;
}

export const asProblem = (error: unknown): AnswerProblem =>
  error instanceof AnswerProblem
    ? error
    : new AnswerProblem(0, 'The page failed', error instanceof Error ? error.message : 'unknown');
