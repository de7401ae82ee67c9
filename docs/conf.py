"""How Sphinx builds this documentation; `make docs` treats every warning as an error."""

from __future__ import annotations

import logging

from venue_ops import __version__

project = "venue-ops"
author = "the venue-ops contributors"
copyright = author
release = version = __version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3  # [text](page.md#heading) is checked down to this level

# A section of index.md may still be empty. Sphinx gives this warning a subtype but no type, so
# that `suppress_warnings` cannot name it.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: getattr(record, "subtype", "") != "empty_glob"
)

html_theme = "furo"
html_title = "venue-ops"
html_show_sourcelink = False
html_show_copyright = False
