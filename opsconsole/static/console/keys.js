// The keys of the whole console, and the list that tells them. It listens before all others: unfold
// has a list of its own under the question mark, and a page may mean something else by a letter.
(() => {
  const WAITS = 1500; // milliseconds in which the letter after g has to come

  const keys = document.getElementById("keys");
  if (!keys) return;
  const button = document.getElementById("show-all-keys");
  let going = 0;

  const show = () => {
    if (keys.open) return;
    keys.showModal();
    keys.focus(); // and not the first of its links, below what is to be read first
  };

  const isTyped = (target) => target.isContentEditable || target.matches?.("input, textarea, select");

  const wayOf = (key) => [...keys.querySelectorAll("[data-go]")].find((way) => way.dataset.go === key);

  const act = (event) => {
    if (event.key === "?") return show;
    if (Date.now() < going) return () => { going = 0; wayOf(event.key)?.click(); };
    if (event.key === "g" && !event.repeat) return () => { going = Date.now() + WAITS; };
    return undefined;
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Shift") return;
    if (keys.open || isTyped(event.target)) {
      // unfold's letters work in a box to choose from, and below an open dialog.
      if (event.key.length === 1 && !event.target.matches?.("input, textarea")) event.stopPropagation();
      return;
    }
    const action = act(event);
    if (!action) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    action();
  };

  document.addEventListener("keydown", onKey, true);
  button.addEventListener("click", show);
  document.querySelector("#header-inner .ml-auto")?.prepend(button);
  button.hidden = false;
})();
