import { useEffect, useState } from "react";

import { phone } from "../../platform_ui/js/format.js";
import type { Contact } from "./shapes";

interface Props {
  name: string;
  disabled: boolean;
  find(words: string): Promise<Contact[]>;
  onName(name: string): void;
  onPick(contact: Contact): void;
}

const WAIT_MS = 200;

/** The customer's name, knowing those who wrote before: a combobox of names and phones. */
export function ContactField({ name, disabled, find, onName, onPick }: Props) {
  const [words, setWords] = useState("");
  const [known, setKnown] = useState<Contact[]>([]);
  const [at, setAt] = useState(-1);

  useEffect(() => {
    setAt(-1);
    if (words.trim().length < 2) {
      setKnown([]);
      return undefined;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      find(words.trim()).then((found) => wanted && setKnown(found.slice(0, 6))).catch(() => null);
    }, WAIT_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [words, find]);

  const pick = (contact: Contact) => {
    setWords("");
    setKnown([]); // at once: the next Enter saves, and must not find a choice still open
    setAt(-1);
    onPick(contact);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (known.length === 0) return;
    if (event.key === "ArrowDown") setAt((at + 1) % known.length);
    else if (event.key === "ArrowUp") setAt((at + known.length - 1) % known.length);
    else if (event.key === "Enter" && known[at]) pick(known[at]);
    else if (event.key === "Escape") setWords("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="field contact">
      <label htmlFor="contact">Cliente</label>
      <input
        id="contact" className="input" required maxLength={200} autoComplete="off" autoFocus value={name} disabled={disabled}
        placeholder="Nombre o teléfono" role="combobox" aria-expanded={known.length > 0} aria-controls="contacts"
        aria-autocomplete="list" aria-activedescendant={at >= 0 ? `contact-${at}` : undefined}
        onChange={(event) => {
          onName(event.target.value);
          setWords(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setWords("")}
      />
      <ul id="contacts" className="contacts" role="listbox" aria-label="Clientes conocidos" hidden={known.length === 0}>
        {known.map((contact, index) => (
          <li
            key={`${contact.conversation_id}${contact.phone}`} id={`contact-${index}`} role="option" aria-selected={index === at}
            onPointerDown={(event) => {
              event.preventDefault(); // the field keeps the focus
              pick(contact);
            }}
          >
            <span>{contact.name}</span> <span className="quiet">{contact.phone && phone(contact.phone)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
