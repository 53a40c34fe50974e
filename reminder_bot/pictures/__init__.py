"""Pictures of a week or of twelve weeks of habits: figures → SVG text → PNG.

week_pictures      which picture a digest and /stats show
charts             their layout: rows, columns, titles, legend
shapes             their parts: cells, signs, words
colours            the two palettes
text_fitting       how wide words are in the bundled font; shortens what does not fit
renderer           SVG → PNG in a child process, which ends when it is idle
renderer_process   what the child process runs
tiles              keeps the parts that occur again, in the child process
"""
