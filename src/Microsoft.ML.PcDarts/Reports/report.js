"use strict";
(() => {
  // The page loads itself again during the run; the reader keeps the place.
  const place = `pcdarts-report:${location.pathname}`;
  const remembered = JSON.parse(sessionStorage.getItem(place) ?? "{}");
  const slider = document.getElementById("epoch");
  const holder = document.getElementById("architecture");

  if (slider && holder) {
    const data = JSON.parse(holder.textContent);
    const name = document.getElementById("epoch-name");
    const planned = name.textContent.split(" of ")[1];
    const cells = ["normal", "reduce"].map(id => ({
      id,
      alpha: [...document.querySelectorAll(`#${id} tbody td:not(.beta)`)],
      beta: [...document.querySelectorAll(`#${id} tbody td.beta`)],
    }));
    const fill = (cell, value, full) => {
      cell.style.setProperty("--shade", Math.min(1, value / full).toFixed(3));
      cell.textContent = (value / 10).toFixed(1);
    };
    const show = () => {
      const index = slider.valueAsNumber;
      name.textContent = `${data.epochs[index]} of ${planned}`;
      slider.setAttribute("aria-valuetext", `epoch ${name.textContent}`);
      for (const { id, alpha, beta } of cells) {
        const values = data[id][index];
        alpha.forEach((cell, i) => {
          fill(cell, values.alpha[i], data.scale);
          cell.classList.toggle("kept", values.kept.includes(i));
        });
        beta.forEach((cell, i) => fill(cell, values.beta[i], 1000));
      }
    };
    slider.hidden = false;
    if (remembered.epoch !== undefined && remembered.epoch < data.epochs.length)
      slider.valueAsNumber = remembered.epoch;
    slider.addEventListener("input", show);
    show();
  }

  // A page is written every few seconds; one that is not any more belongs to a process that was killed.
  const silence = 10 * 60 * 1000;
  const badge = document.querySelector(".badge.running");
  const written = document.querySelector("header time");
  if (badge && Date.now() - Date.parse(written.dateTime) > silence) {
    badge.textContent = "no news";
    written.parentElement.append(" Nothing has been written since. If no process is at work on the run, "
      + "'resume' continues it and 'report' writes this page again.");
  }

  scrollTo(0, remembered.scroll ?? 0);
  addEventListener("pagehide", () => sessionStorage.setItem(place, JSON.stringify({
    scroll: scrollY,
    // At the newest epoch the reader wants the newest.
    epoch: slider && slider.valueAsNumber < Number(slider.max) ? slider.valueAsNumber : undefined,
  })));
})();
