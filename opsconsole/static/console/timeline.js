// The chart of the timeline by the keyboard: one stop for Tab, arrows from bar to bar.
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
})();
