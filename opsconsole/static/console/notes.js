// Offers the names of colleagues while one is typed after an @. Without this script the names are
// in the list below the box, and are typed whole.
(() => {
  const MOST = 6;

  const box = document.getElementById("id_note");
  if (!box) return;

  // Below a form the names are asked for once they are wanted: the page of the notes has them.
  const namesOn = (page) => [...page.querySelectorAll("#note-people li")].map((li) => li.textContent.slice(1));
  const asked = async () => {
    const answer = await fetch(box.form.action);
    return namesOn(new DOMParser().parseFromString(await answer.text(), "text/html"));
  };
  let people = namesOn(document);
  let asking = null;

  const list = document.createElement("ul");
  Object.assign(list, { id: "note-offers", role: "listbox", className: "console-offers", hidden: true });
  list.setAttribute("aria-label", "Colleagues who see this");
  box.after(list);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);

  let at = 0;

  // What is typed after the last @ before the cursor, if it begins a name.
  const typed = () => {
    const before = box.value.slice(0, box.selectionStart);
    const begin = before.search(/(?<![\w.+-])@[^@\n]*$/u);
    return begin < 0 ? null : { begin, text: before.slice(begin + 1).toLowerCase() };
  };

  const fits = (text) => people.filter((name) => {
    const lower = name.toLowerCase();
    return lower !== text && (lower.startsWith(text) || lower.includes(` ${text}`));
  }).slice(0, MOST);

  const close = () => {
    list.hidden = true;
    box.removeAttribute("aria-activedescendant");
  };

  const choose = (name) => {
    const { begin } = typed();
    box.setRangeText(`@${name} `, begin, box.selectionStart, "end");
    close();
    box.focus();
  };

  const mark = (index) => {
    const options = [...list.children];
    at = (index + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    box.setAttribute("aria-activedescendant", options[at].id);
  };

  const offer = () => {
    const begun = typed();
    if (begun && !people.length && !asking) {
      asking = asked().then((names) => { people = names; if (names.length) offer(); }, () => {});
    }
    const names = begun ? fits(begun.text) : [];
    if (!names.length) return close();
    list.replaceChildren(...names.map((name, index) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `note-offer-${index}`, role: "option", textContent: name });
      option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(name); });
      return option;
    }));
    list.hidden = false;
    mark(0);
  };

  const KEYS = {
    ArrowDown: () => mark(at + 1),
    ArrowUp: () => mark(at - 1),
    Enter: () => choose(list.children[at].textContent),
    Tab: () => choose(list.children[at].textContent),
    Escape: close,
  };

  box.addEventListener("input", offer);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  });
})();
