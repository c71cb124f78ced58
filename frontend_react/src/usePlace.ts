import { useCallback, useEffect, useState } from "react";

import { fromHash, type View } from "./stretch";

/** View and date, kept in the page's address so that a reload and the back button find them. */
export function usePlace(fallback: View, today: string): { view: View; date: string; go: (view: View, date: string) => void } {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const go = useCallback((view: View, date: string) => {
    location.hash = `#/${view}/${date}`;
    setHash(location.hash);
  }, []);
  const { view, date } = fromHash(hash);
  return { view: view ?? fallback, date: date ?? today, go };
}
