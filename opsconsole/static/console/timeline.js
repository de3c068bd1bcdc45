// The chart of the timeline by the keyboard: one stop for Tab, arrows from bar to bar, and back to
// the bar whose record was opened from here.
(() => {
  const chart = document.querySelector("[data-timeline]");
  if (!chart) return;

  const placeOf = (link) => Number(link.closest(".timeline-at")?.style.getPropertyValue("--s") ?? -1);
  const rows = [...chart.querySelectorAll(".timeline-row")].map((row) =>
    [...row.querySelectorAll("a")].sort((one, other) => placeOf(one) - placeOf(other)),
  );
  const rowOf = new Map(rows.flatMap((links, number) => links.map((link) => [link, number])));
  let stop = rows[0][0];

  const stopAt = (link) => {
    stop.tabIndex = -1;
    stop = link;
    stop.tabIndex = 0;
  };

  const beside = (links, place) =>
    links.reduce((best, link) =>
      Math.abs(placeOf(link) - place) < Math.abs(placeOf(best) - place) ? link : best,
    );

  const target = (key, link) => {
    const number = rowOf.get(link);
    const links = rows[number];
    switch (key) {
      case "ArrowRight":
        return links[links.indexOf(link) + 1];
      case "ArrowLeft":
        return links[links.indexOf(link) - 1];
      case "ArrowDown":
        return rows[number + 1] && beside(rows[number + 1], placeOf(link));
      case "ArrowUp":
        return rows[number - 1] && beside(rows[number - 1], placeOf(link));
      case "Home":
        return links[0];
      case "End":
        return links.at(-1);
    }
    return undefined;
  };

  for (const link of rowOf.keys()) link.tabIndex = -1;
  stopAt(stop);
  chart.addEventListener("focusin", (event) => {
    if (rowOf.has(event.target)) stopAt(event.target);
  });
  chart.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = rowOf.has(event.target) && target(event.key, event.target);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  // The address leads back to the home's row; which of its bars it was is for this window to know.
  const OPENED = "timeline.opened";
  chart.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link) sessionStorage.setItem(OPENED, link.pathname);
  });
  const row = location.hash.startsWith("#home-") && document.getElementById(location.hash.slice(1));
  const opened = sessionStorage.getItem(OPENED);
  const bar = row && rows[rowOf.get(row)]?.find((link) => link.pathname === opened);
  if (bar) {
    sessionStorage.removeItem(OPENED);
    const goOn = () => bar.focus();
    bar.focus();
    // The browser focuses the row by itself, some time before the page has been drawn.
    row.addEventListener("focus", goOn);
    const leave = () => row.removeEventListener("focus", goOn);
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, leave, { capture: true });
  }
})();
