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

  const openRowsByKey = () => {
    for (const cell of document.querySelectorAll("#result_list td.cursor-pointer")) {
      const button = cell.querySelector(".material-symbols-outlined");
      if (!button) continue;
      button.setAttribute("role", "button");
      button.setAttribute("tabindex", "0");
      button.setAttribute("aria-label", "Show what belongs to this row");
      button.setAttribute("aria-expanded", "false");
      cell.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        button.setAttribute("aria-expanded", String(!open));
      });
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        cell.click();
      });
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
    openRowsByKey();
    nameSelects();
    // select2 builds its boxes when it likes, and again for each row that is added to a form.
    new MutationObserver(nameSelects).observe(document.body, { childList: true, subtree: true });
  });
})();
