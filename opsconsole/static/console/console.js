// What unfold's pages and select2 leave without a name or without keys, for those who work with a
// keyboard or a screen reader.
(() => {
  const nameLandmarks = () => {
    document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", "Console");
    for (const nav of document.querySelectorAll("main nav:not([aria-label])")) {
      nav.setAttribute("aria-label", "Parts of this page");
    }
  };

  const nameEmptyHeadings = () => {
    for (const heading of document.querySelectorAll("#result_list thead th")) {
      if (heading.textContent.trim() || heading.querySelector("input")) continue;
      const name = document.createElement("span");
      name.className = "sr-only";
      name.textContent = "More";
      heading.append(name);
    }
  };

  // What is below a row of a list is asked for when it is folded out.
  const foldOut = async (event) => {
    const opener = event.target.closest?.("#result_list button[data-below]");
    if (!opener) return;
    const body = opener.closest("tbody");
    const isOpen = body.rows.length > 1;
    opener.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) {
      body.deleteRow(1);
      return;
    }
    const cell = body.insertRow().insertCell();
    cell.colSpan = body.rows[0].cells.length;
    cell.className = "console-below";
    cell.setAttribute("aria-live", "polite");
    cell.textContent = "Loading…";
    try {
      const answer = await fetch(opener.dataset.below);
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      cell.innerHTML = await answer.text();
    } catch {
      cell.textContent = "This could not be loaded: reload the page and try again.";
    }
  };

  // What opens something by a click alone in unfold's and Django's templates: its name, what it
  // opens, and whether that closes by Escape.
  const byId = (id) => document.getElementById(id);
  const OPENERS = [
    ["header [x-on\\:click='sidebarToggle()']", "Menu", () => byId("nav-sidebar"), false],
    ["#nav-sidebar [x-on\\:click='sidebarToggle()']", "Close the menu", () =>
      document.querySelector("header [x-on\\:click='sidebarToggle()']"), true],
    ["[x-on\\:click*=showActions]", "More ways", (opener) => opener.nextElementSibling, false],
    ["[x-on\\:click*=openUserLinks]", "", (opener) => opener.previousElementSibling, false],
    [".filter-open-button", "Filters", () => byId("changelist-filter"), true],
    ["[x-ref^=relatedWidgetWrapper]", "More about this choice", (opener) =>
      byId(opener.getAttribute("x-ref").replace("relatedWidgetWrapper", "related-widget-wrapper-")), true],
    ["[x-on\\:click='handleClear()']", "Close", () => null, true],
    ["a[id^=calendarlink]", "Calendar", (opener) => byId(opener.id.replace("link", "box")), true],
  ];
  const CHOSEN = ".selected > a, .today > a";
  const FIRST = "a[href], button, input:not([type=hidden]), select";

  const nameOpeners = () => {
    for (const [selector, name] of OPENERS) {
      for (const opener of document.querySelectorAll(selector)) {
        opener.setAttribute("role", "button");
        opener.setAttribute("tabindex", "0");
        if (name) opener.setAttribute("aria-label", name);
      }
    }
  };

  const pressOpenersByKey = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (!OPENERS.some(([selector]) => event.target.matches?.(selector))) return;
    event.preventDefault();
    event.target.click();
  };

  const isShown = (each) => each?.checkVisibility({ checkVisibilityCSS: true });

  // Whoever opened something by key finds the focus in it, and back where it was after Escape.
  const followOpened = (event) => {
    if (event.detail) return;
    for (const [selector, , openedBy, closesItself] of OPENERS) {
      const opener = event.target.closest?.(selector);
      if (!opener) continue;
      const closes = isShown(openedBy(opener));
      const follow = (tries) => setTimeout(() => {
        if (closes && isShown(opener)) return; // it fades away still
        if (!isShown(openedBy(opener)) && tries) return follow(tries - 1); // a slow machine
        enter(openedBy(opener), opener, closesItself);
      }, 100);
      follow(20);
    }
  };

  const enter = (opened, opener, closesItself) => {
    if (!isShown(opened)) return;
    const first = opened.querySelector(CHOSEN) ?? [...opened.querySelectorAll(FIRST)].find(isShown);
    (first ?? opened).focus();
    opened.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      if (!closesItself) event.stopPropagation();  // what stands around it stays
      opener.focus();
      if (!closesItself) opener.click();
    };
  };

  // The palette is a dialog, and once it is closed the focus is where it was.
  const bringBackFromPalette = () => {
    const palette = document.querySelector("[x-data='searchCommand()']");
    if (!palette) return;
    palette.setAttribute("role", "dialog");
    palette.setAttribute("aria-modal", "true");
    palette.setAttribute("aria-label", "Find");
    let before = null;
    let wasShown = false;
    document.addEventListener("keydown", (event) => {
      const isAsked = event.key === "k" && (event.ctrlKey || event.metaKey);
      if (isAsked && !isShown(palette)) before = document.activeElement;
    }, true);
    new MutationObserver(() => {
      const closes = wasShown && !isShown(palette);
      wasShown = isShown(palette);
      if (closes) before?.focus();
    }).observe(palette, { attributes: true, attributeFilter: ["style"] });
  };

  const nameGroups = () => {
    for (const group of document.querySelectorAll("main .field-line [id^=id_]:not(input, label)")) {
      const label = group.closest(".field-line").querySelector("label:not([for])");
      if (!label || !group.querySelector("input[type=checkbox], input[type=radio]")) continue;
      label.id ||= `label-of-${group.id}`;
      group.setAttribute("role", "group");
      group.setAttribute("aria-labelledby", label.id);
    }
  };

  const nameSelects = () => {
    for (const box of document.querySelectorAll(".select2-selection[role=combobox]")) {
      const select = box.closest(".select2-container")?.previousElementSibling;
      const label = select?.id && document.querySelector(`label[for="${select.id}"]`);
      if (!label) continue;
      label.id ||= `label-of-${select.id}`;
      box.querySelector("[role=textbox]")?.setAttribute("aria-labelledby", label.id);
      box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`.trim());
    }
  };

  // The list of a select2 box and Django's calendar stand at the end of the page while they are open.
  const nameLists = () => {
    for (const box of document.querySelectorAll(".select2-selection[aria-owns]")) {
      box.setAttribute("aria-controls", box.getAttribute("aria-owns"));
    }
    for (const opened of document.querySelectorAll("body > :is(.select2-container, .calendarbox)")) {
      opened.setAttribute("role", "region");
      opened.setAttribute("aria-label", opened.matches(".calendarbox") ? "Calendar" : "Choices");
      opened.querySelector(".select2-search__field")?.setAttribute("aria-label", "Search");
    }
  };

  const levelHeadings = () => {
    for (const heading of document.querySelectorAll("#changelist-filter h3")) {
      heading.setAttribute("aria-level", "2");
    }
  };

  // unfold shows the chosen file's name in a text box of its own widget and fails where there is
  // none; a plain file input shows it by itself.
  const keepPlainFileInputs = () => {
    for (const input of document.querySelectorAll("input[type=file]")) {
      if (input.matches("form > div > input")) input.hasChangeListener = true;
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    keepPlainFileInputs();
    nameLandmarks();
    nameEmptyHeadings();
    levelHeadings();
    nameSelects();
    nameGroups();
    nameOpeners();
    bringBackFromPalette();
    document.addEventListener("click", foldOut);
    document.addEventListener("keydown", pressOpenersByKey);
    document.addEventListener("click", followOpened, true);
    // select2 and Django build theirs when they like, and again for each row that is added to a form.
    const nameBuilt = () => { nameSelects(); nameLists(); nameOpeners(); };
    new MutationObserver(nameBuilt).observe(document.body, { childList: true, subtree: true });
  });
})();
