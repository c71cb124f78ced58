import { useCallback, useState } from "react";

export interface Toast {
  key: number;
  text: string;
  undo?: () => void;
}

const SECONDS = 5;

/** Short notes at the foot of the screen; one with `undo` can be taken back for five seconds. */
export function useToasts(): { toasts: Toast[]; tell: (text: string, undo?: () => void) => void } {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const tell = useCallback((text: string, undo?: () => void) => {
    const key = Date.now() + Math.random();
    const drop = () => setToasts((now) => now.filter((one) => one.key !== key));
    const taken = undo && (() => {
      drop();
      undo();
    });
    setToasts((now) => [...now.slice(-2), { key, text, ...(taken ? { undo: taken } : {}) }]);
    setTimeout(drop, SECONDS * 1000);
  }, []);
  return { toasts, tell };
}
