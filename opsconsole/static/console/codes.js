// A code that was shown: gone from the page after its time, and whenever the page is left.
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-hides-after]");
    if (!box) return;
    const told = document.querySelector("[data-hidden]");
    const hide = () => {
      box.replaceChildren();
      box.hidden = true;
      told.textContent = told.dataset.hidden;
    };
    setTimeout(hide, Number(box.dataset.hidesAfter) * 1000);
    window.addEventListener("pagehide", hide);
  });
})();
