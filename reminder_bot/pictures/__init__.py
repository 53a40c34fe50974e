"""Figures in, pictures out: a week or twelve weeks of habits as SVG, and SVG as PNG.

week_pictures     what a digest or /stats shows → charts (layout) → shapes (cells, signs, words)
text_fitting      how wide words are in the bundled font; shortens what does not fit
renderer          SVG → PNG in one child process (renderer_process), which ends when it is idle
"""
