// How many rows each view of a list has, asked for one after the other once the list is there.
// Without this script the views are links all the same.
(() => {
  const list = document.querySelector("[data-counts]");
  if (!list) return;

  const show = (link, count) => {
    const words = document.createElement("span");
    words.className = "console-views-count";
    words.textContent = count;
    link.append(" ", words);
  };

  const countAll = async () => {
    for (const link of list.querySelectorAll("[data-asks]")) {
      const address = `${list.dataset.counts}&asks=${encodeURIComponent(link.dataset.asks)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { count } = await answer.json();
      if (count) show(link, count);
    }
  };

  window.addEventListener("load", () => countAll().catch(() => {}));
})();
