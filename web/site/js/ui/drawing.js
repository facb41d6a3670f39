/** Waveforms and mel spectrograms on a canvas, in the page's own colours. */

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {HTMLCanvasElement} canvas @param {number[][]} peaks [lowest, highest] of equal parts, -127 to 127 */
export function drawWave(canvas, peaks) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { width, height } = canvas, middle = height / 2;
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = colour("--accent");
  const step = width / peaks.length;
  peaks.forEach(([low, high], n) => {
    const top = middle - (high / 127) * middle, bottom = middle - (low / 127) * middle;
    pen.fillRect(n * step, top, Math.max(1, step - 0.2), Math.max(1, bottom - top));
  });
}

/** Red, green and blue along a scale from the paper's dark to gold: lightness alone tells the level. */
const SCALE = [[13, 22, 28], [16, 66, 74], [22, 116, 104], [126, 170, 92], [240, 206, 120], [255, 246, 214]];

function tint(level) {
  const at = (level / 255) * (SCALE.length - 1), low = Math.min(SCALE.length - 2, Math.floor(at)), part = at - low;
  return SCALE[low].map((value, n) => value + (SCALE[low + 1][n] - value) * part);
}

/** @param {HTMLCanvasElement} canvas @param {number[][]} rows one per moment, low band first, 0 to 255 */
export function drawMel(canvas, rows) {
  const pen = canvas.getContext("2d"), bands = rows[0]?.length ?? 0;
  if (!pen || !bands) return;
  const image = pen.createImageData(rows.length, bands);
  rows.forEach((row, x) => row.forEach((level, band) => {
    const [red, green, blue] = tint(level), i = 4 * ((bands - 1 - band) * rows.length + x);
    image.data.set([red, green, blue, 255], i);
  }));
  pen.putImageData(image, 0, 0);
}
