import panelIcons from "../../platform_ui/icons.svg?url";

import ownIcons from "./icons.svg?url";

const OWN = new Set(["forward", "print", "plus", "close", "lock"]);

/** One line icon; without a label it is decoration for the word beside it. */
export function Icon({ name, label }: { name: string; label?: string }) {
  const naming = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  return (
    <svg className="icon" {...naming}>
      <use href={`${OWN.has(name) ? ownIcons : panelIcons}#${name}`} />
    </svg>
  );
}
