"""The course as a website: executed notebooks in, static pages out.

`site` puts a source tree together and lets Sphinx build it. What the tree holds is made by `lessons` (the notebooks), `pages`
(what no notebook holds) and `api` (the package), with `links` in their prose. `players` draws the figures that move without a
kernel. `conf` and `mathml` are Sphinx's.
"""
