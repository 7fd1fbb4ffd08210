"use strict";
// The filter by verdict. Without this script every case can be seen, and there are no buttons.
(() => {
  const bar = document.querySelector(".filter");
  if (!bar) return;
  const groups = [...document.querySelectorAll("details.group")];
  const atFirst = groups.map((group) => group.open);
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    for (const other of bar.querySelectorAll("button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const wanted = button.dataset.verdict;
    groups.forEach((group, i) => {
      let left = 0;
      for (const body of group.querySelectorAll("tbody")) {
        body.hidden = wanted !== "" && body.dataset.verdict !== wanted;
        left += body.hidden ? 0 : 1;
      }
      group.hidden = left === 0;
      group.open = wanted === "" ? atFirst[i] : left > 0 && left <= 500;
    });
  });
})();
