// Sliders above a figure whose frames were drawn beforehand. Frame numbers count like digits: the last slider turns fastest.
document.addEventListener("DOMContentLoaded", () => {
  for (const player of document.querySelectorAll(".player")) {
    const texts = JSON.parse(player.querySelector("script").textContent);
    const sliders = [...player.querySelectorAll("input")];
    const picture = player.querySelector("img");
    const said = player.querySelector("output");

    const show = () => {
      const frame = sliders.reduce((sum, slider) => sum * (Number(slider.max) + 1) + Number(slider.value), 0);
      picture.src = `${player.dataset.frames}/${frame}.webp`;
      picture.alt = `${texts.settings[frame]}: ${texts.alt}`;
      said.textContent = [texts.settings[frame], texts.captions[frame]].filter(Boolean).join(": ");
    };
    for (const slider of sliders) {
      const stops = JSON.parse(slider.dataset.stops);
      slider.addEventListener("input", () => {
        slider.setAttribute("aria-valuetext", stops[slider.value]);
        show();
      });
    }
    player.querySelector(".controls").hidden = false;
    // the other frames are fetched while the reader reads, so that the first drag doesn't flicker
    player.addEventListener("pointerenter", () => {
      for (let frame = 0; frame < texts.settings.length; frame++) {
        new Image().src = `${player.dataset.frames}/${frame}.webp`;
      }
    }, { once: true });
  }
});
