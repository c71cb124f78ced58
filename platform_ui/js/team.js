import { personName } from "./words.js";

/** Who works in the shop and its labels, asked for when needed and again after a change. Returns {people, labels, choices, nameOf, forget}. */
export function team(api) {
  let people = null;
  let labels = null;
  let named = [];
  const itemsOf = async (path) => (await api.read(path)).body.items;
  const kept = (promise, forget) => promise.catch((error) => {
    forget();
    throw error;
  });

  const found = {
    people: () => (people ??= kept(itemsOf("/admin/people").then((items) => (named = items)), () => { people = null; })),
    labels: () => (labels ??= kept(itemsOf("/admin/labels"), () => { labels = null; })),
    /** Both, for a filter; a list that cannot be had is empty. */
    async choices() {
      found.forget();
      const [some, others] = await Promise.allSettled([found.people(), found.labels()]);
      return { people: some.value ?? [], labels: others.value ?? [] };
    },
    /** What somebody of the team is called, as far as it is known now; what is no e-mail stays. */
    nameOf: (email) => personName(named.find((somebody) => somebody.email === email) ?? { name: null, email }),
    forget() {
      people = null;
      labels = null;
    },
  };
  return found;
}
