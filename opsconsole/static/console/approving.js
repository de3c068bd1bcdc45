// The keys of the queue of plans that wait for a decision, and where the focus goes. Without this
// script the page works as well: its cards hold plain links, boxes and forms.
(() => {
  const SETTLES = 300; // milliseconds in which a key still belongs to the page before

  const list = document.getElementById("waiting");
  const said = document.getElementById("said");
  const keys = document.getElementById("keys");
  const cards = list ? [...list.querySelectorAll("article")] : [];
  const current = () => document.activeElement?.closest("#waiting article");

  const go = (card) => {
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  };

  const move = (by) => {
    const at = cards.indexOf(current());
    go(cards[at < 0 ? 0 : Math.min(Math.max(at + by, 0), cards.length - 1)]);
  };

  // A button that decides, or one that opens the box which asks why.
  const press = (key) => {
    const button = current()?.querySelector(`[data-key=${key}]`);
    if (!button) return;
    if (button.tagName !== "SUMMARY") return button.click();
    button.parentElement.open = true;
    button.parentElement.querySelector("textarea").focus();
  };

  const ACTIONS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => press("a"),
    d: () => press("d"),
    o: () => press("o"),
  };

  const isTyped = (target) => target.isContentEditable || target.matches("input, textarea, select");

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (keys.open || isTyped(event.target)) return;
    const isOpening = event.key === "Enter" && event.target === current();
    const action = isOpening ? ACTIONS.o : Object.hasOwn(ACTIONS, event.key) && ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    const isHeld = event.repeat && !"jk".includes(event.key);
    if (!isHeld && "ready" in list.dataset) action();
  };

  const leaveBox = (event) => {
    const box = event.key === "Escape" && event.target.closest?.("details.console-why");
    if (!box) return;
    box.open = false;
    go(box.closest("article"));
  };

  // What is decided once is not sent twice.
  const sendOnce = (event) => {
    if (!event.target.closest("#waiting")) return;
    if ("sent" in list.dataset) event.preventDefault();
    list.dataset.sent = "";
  };

  // A region that is there from the start is read out only when something new stands in it.
  const sayAgain = () => {
    const words = [...said.childNodes];
    said.replaceChildren();
    setTimeout(() => said.replaceChildren(...words), 100);
  };

  const focusFirst = () => {
    const refused = document.getElementById("not-decided") ?? list?.querySelector("[aria-invalid]");
    const meant = document.getElementById(location.hash.slice(1));
    if (refused) return refused.focus();
    if (cards.includes(meant)) go(meant);
    else if (location.hash && cards.length) go(cards[0]);
  };

  if (said?.textContent.trim()) sayAgain();
  focusFirst();
  if (!list) return;
  document.getElementById("hint").hidden = false;
  document.getElementById("show-keys").addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", leaveBox);
  document.addEventListener("submit", sendOnce);
  window.addEventListener("pageshow", () => delete list.dataset.sent);
  setTimeout(() => { list.dataset.ready = ""; }, SETTLES);
})();
